using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Machine;

/// <summary>The emulator's functions for memory that is mapped more than once, as the driver's documentation has them.</summary>
[Platform("Linux")]
internal sealed class SharingOfMemory
{
    private const int Unit = 2 << 20;
    private const CudaResult InvalidContext = (CudaResult)201;
    private const CudaResult MapFailed = (CudaResult)205;
    private const CudaResult InvalidDevice = (CudaResult)101;
    private const CudaResult InvalidHandle = (CudaResult)400;
    private const CudaResult NotSupported = (CudaResult)801;

    private GpuContext first = null!;
    private GpuContext second = null!;

    private static CudaDriver Driver => GpuDriver.Library;

    [SetUp]
    public void Open()
    {
        Emulator.Use(new() { Gpus = 2 });
        (first, second) = (GpuContext.Open(), GpuContext.Open(1));
    }

    [TearDown]
    public void Close()
    {
        first.Dispose();
        second.Dispose();
        Emulator.Leave();
    }

    [Test]
    public void AHandleIsOfAWholeAllocation()
    {
        using var memory = new DeviceBuffer<byte>(first, Unit);
        using var small = new DeviceBuffer<byte>(first, Unit - 1);
        first.MakeCurrent();
        Assert.Multiple(() =>
        {
            Assert.That(Driver.Ipc.GetHandle(memory.Pointer.Address, out _), Is.EqualTo(CudaResult.Success));
            Assert.That(Driver.Ipc.GetHandle(memory.Pointer.Address + 256, out _), Is.EqualTo(CudaResult.InvalidValue));
            Assert.That(Driver.Ipc.GetHandle(0x1234, out _), Is.EqualTo(CudaResult.InvalidValue));
            Assert.That(Driver.Ipc.GetHandle(small.Pointer.Address, out _), Is.EqualTo(NotSupported));
        });
    }

    [Test]
    public void AHandleIsClosedAsOftenAsItWasOpened()
    {
        using var memory = new DeviceBuffer<byte>(first, Unit);
        var handle = HandleOf(memory);
        second.MakeCurrent();
        Assert.That(Driver.Ipc.Open(handle, out var address), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Ipc.Open(handle, out var again), Is.EqualTo(CudaResult.Success));
        Assert.That(again, Is.EqualTo(address));
        Assert.That(Driver.Memory.Free(address), Is.EqualTo(CudaResult.InvalidValue), "It is closed, not freed.");
        first.MakeCurrent();
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.InvalidValue), "Another context opened it.");
        second.MakeCurrent();
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Memory.Fill(address, 1, Unit, second.Copies.Handle), Is.EqualTo(CudaResult.Success));
        second.Synchronize();
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(Driver.Memory.Fill(address, 1, Unit, second.Copies.Handle), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(Driver.Ipc.Close(memory.Pointer.Address), Is.EqualTo(CudaResult.InvalidValue));
    }

    [Test]
    public void AHandleOfFreedMemoryOpensNothing()
    {
        var memory = new DeviceBuffer<byte>(first, Unit);
        var handle = HandleOf(memory);
        memory.Dispose();
        second.MakeCurrent();
        Assert.That(Driver.Ipc.Open(handle, out _), Is.EqualTo(InvalidHandle));
    }

    [Test]
    public void MemoryThatWasFreedIsNotUsedByAPeer()
    {
        var memory = new DeviceBuffer<byte>(first, Unit);
        var handle = HandleOf(memory);
        second.MakeCurrent();
        Assert.That(Driver.Ipc.Open(handle, out var address), Is.EqualTo(CudaResult.Success));
        memory.Dispose();
        second.MakeCurrent();
        Assert.That(Driver.Memory.Fill(address, 1, Unit, second.Copies.Handle), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(Driver.Ipc.Open(handle, out _), Is.EqualTo(InvalidHandle));
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.Success));
    }

    [Test]
    public void BytesThatAreNoHandleOpenNothing()
    {
        using var memory = new DeviceBuffer<byte>(first, Unit);
        var bytes = HandleOf(memory).ToArray();
        second.MakeCurrent();
        foreach (var at in new[] { 0, 8, 12, 40 })
        {
            byte[] wrong = [.. bytes];
            wrong[at] ^= 0x40;
            Assert.That(Driver.Ipc.Open(IpcMemoryHandle.Of(wrong), out _), Is.EqualTo(at == 0 ? CudaResult.InvalidValue : InvalidHandle), $"{at}");
        }

        Assert.That(Driver.Ipc.Open(IpcMemoryHandle.Of(bytes), out var address), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Ipc.Close(address), Is.EqualTo(CudaResult.Success));
    }

    [Test]
    public void AContainerRefusesHandlesButNotDescriptors()
    {
        Close();
        Emulator.Use(new() { Gpus = 2, AllowsIpc = false });
        (first, second) = (GpuContext.Open(), GpuContext.Open(1));
        using var memory = new DeviceBuffer<byte>(first, Unit);
        var handle = HandleOf(memory);
        second.MakeCurrent();
        Assert.That(Driver.Ipc.Open(handle, out _), Is.EqualTo(MapFailed));
        using var shared = SharedDeviceMemory.Allocate(first, 1, MemorySharing.Descriptor);
        ImportedDeviceMemory.Open(second, shared.Export(), shared.ExportDescriptor()).Dispose();
    }

    [Test]
    public void NothingWorksWithoutAContext()
    {
        using var memory = new DeviceBuffer<byte>(first, Unit);
        var handle = HandleOf(memory);
        Assert.That(Driver.Context.SetCurrent(0), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Ipc.GetHandle(memory.Pointer.Address, out _), Is.EqualTo(InvalidContext));
        Assert.That(Driver.Ipc.Open(handle, out _), Is.EqualTo(InvalidContext));
        Assert.That(Driver.Ipc.Close(memory.Pointer.Address), Is.EqualTo(InvalidContext));
    }

    [Test]
    public void VirtualMemoryIsMadeOfWholeUnits()
    {
        var functions = Driver.VirtualMemory;
        Assert.That(functions.GetGranularity(0, out var unit), Is.EqualTo(CudaResult.Success));
        Assert.That(unit, Is.EqualTo((nuint)Unit));
        Assert.That(functions.GetGranularity(2, out _), Is.EqualTo(InvalidDevice));
        Assert.That(functions.Create(0, Unit + 1, out _), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(functions.Create(0, (nuint)8 << 40, out _), Is.EqualTo(CudaResult.OutOfMemory));
        Assert.That(functions.ReserveAddress(Unit / 2, out _), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(functions.Release(0x1230), Is.EqualTo(CudaResult.InvalidValue));
    }

    [Test]
    public void MappingsAreMadeAndEndedInOrder()
    {
        var functions = Driver.VirtualMemory;
        var free = first.GetFreeMemoryBytes();
        Assert.That(functions.Create(0, Unit, out var memory), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.ReserveAddress(2 * Unit, out var large), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.ReserveAddress(Unit, out var address), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.Map(large, 2 * Unit, memory), Is.EqualTo(CudaResult.InvalidValue), "The memory is smaller.");
        Assert.That(functions.SetAccess(address, Unit, 0), Is.EqualTo(CudaResult.InvalidValue), "Nothing is mapped.");
        Assert.That(functions.Map(address, Unit, memory), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.Map(address, Unit, memory), Is.EqualTo(CudaResult.InvalidValue), "It is mapped already.");
        Assert.That(Fill(address), Is.EqualTo(CudaResult.InvalidValue), "No GPU has access yet.");
        Assert.That(functions.SetAccess(address, Unit, 7), Is.EqualTo(InvalidDevice));
        Assert.That(functions.SetAccess(address, Unit, 0), Is.EqualTo(CudaResult.Success));
        Assert.That(Fill(address), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.FreeAddress(address, Unit), Is.EqualTo(CudaResult.InvalidValue), "It is mapped.");
        Assert.That(Driver.Memory.Free(address), Is.EqualTo(CudaResult.InvalidValue), "It is unmapped, not freed.");
        Assert.That(functions.Release(memory), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.Release(memory), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(Fill(address), Is.EqualTo(CudaResult.Success), "The mapping keeps the memory.");
        Assert.That(first.GetFreeMemoryBytes(), Is.EqualTo(free - Unit));
        Assert.That(functions.Unmap(address, Unit), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.Unmap(address, Unit), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(Fill(address), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(first.GetFreeMemoryBytes(), Is.EqualTo(free));
        Assert.That(functions.FreeAddress(address, Unit), Is.EqualTo(CudaResult.Success));
        Assert.That(functions.FreeAddress(address, Unit), Is.EqualTo(CudaResult.InvalidValue));
        Assert.That(functions.FreeAddress(large, 2 * Unit), Is.EqualTo(CudaResult.Success));

        CudaResult Fill(ulong at)
        {
            var result = Driver.Memory.Fill(at, 1, Unit, first.Copies.Handle);
            first.Copies.Synchronize();
            return result;
        }
    }

    [Test]
    public void ADescriptorOfSomethingElseIsNoMemory()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path);
            Assert.That(Driver.VirtualMemory.Import((int)file.DangerousGetHandle(), out _), Is.EqualTo(CudaResult.InvalidValue));
            Assert.That(Driver.VirtualMemory.Import(9999, out _), Is.EqualTo(CudaResult.InvalidValue));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void AGpuHasTheSameIdentityInEveryProcess()
    {
        Assert.That(Driver.Device.GetUuid(0, out var zero), Is.EqualTo(CudaResult.Success));
        Assert.That(Driver.Device.GetUuid(1, out var one), Is.EqualTo(CudaResult.Success));
        Assert.That(zero, Is.Not.EqualTo(one));
        Assert.That($"{one}", Is.EqualTo("46757369-6f6e-456d-756c-61746f720001"));
        Assert.That(Driver.Device.GetUuid(2, out _), Is.EqualTo(InvalidDevice));
    }

    private IpcMemoryHandle HandleOf(DeviceBuffer<byte> memory)
    {
        first.MakeCurrent();
        Assert.That(Driver.Ipc.GetHandle(memory.Pointer.Address, out var handle), Is.EqualTo(CudaResult.Success));
        return handle;
    }
}
