using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Devices;

/// <summary>Memory that other processes can map, as far as one process can try it: it opens descriptors of its own, but not handles.</summary>
[Platform("Linux")]
public sealed unsafe class MemoryForOtherProcesses : GpuTest
{
    private const int Count = 5000;
    private const int Unit = 2 << 20;

    [Test]
    public void AKernelWritesThroughAMapping()
    {
        using var memory = Shareable(Context);
        var given = Numbers(3);
        Write(memory.Memory, given);
        using var imported = ImportedDeviceMemory.Open(Context, memory.Export(), memory.ExportDescriptor());
        Assert.That(imported.Address, Is.Not.EqualTo(memory.Memory.Address));

        Scale(imported, -7);

        Assert.That(Read(memory.Memory), Is.EqualTo(given.Select(value => value * -7)));
    }

    [Test]
    public void AKernelWritesToAnotherGpuThroughAMapping()
    {
        if (GpuDevice.Count < 2) Assert.Ignore("one GPU");
        if (!Context.Device.CanAccessPeer(GpuDevice.Get(1))) Assert.Ignore("no peer access");
        using var owner = GpuContext.Open(1);
        using var memory = Shareable(owner);
        var given = Numbers(5);
        Write(memory.Memory, given);
        using var imported = ImportedDeviceMemory.Open(Context, memory.Export(), memory.ExportDescriptor());

        Scale(imported, 11);

        Assert.That(Read(memory.Memory), Is.EqualTo(given.Select(value => value * 11)));
        Write(memory.Memory, Numbers(8));
        Assert.That(Read(imported), Is.EqualTo(Numbers(8)));
    }

    [Test]
    public void AMappingKeepsTheMemory()
    {
        // Made at the first copy.
        _ = Context.Copies;
        var handles = NativeHandle.Live;
        var memory = Shareable(Context);
        Write(memory.Memory, Numbers(9));
        var imported = ImportedDeviceMemory.Open(Context, memory.Export(), memory.ExportDescriptor());
        memory.Dispose();
        Assert.That(Read(imported), Is.EqualTo(Numbers(9)));
        imported.Dispose();
        Assert.That(NativeHandle.Live, Is.EqualTo(handles));
    }

    [Test]
    public void MoreThanThereIsCannotBeMapped()
    {
        using var memory = Shareable(Context);
        var handles = NativeHandle.Live;
        var export = memory.Export() with { Bytes = 4L * (long)memory.Memory.Bytes };
        Assert.That(() => ImportedDeviceMemory.Open(Context, export, memory.ExportDescriptor()), Throws.TypeOf<GpuException>());
        Assert.That(NativeHandle.Live, Is.EqualTo(handles));
        using var again = ImportedDeviceMemory.Open(Context, memory.Export(), memory.ExportDescriptor());
        Assert.That(again.Bytes, Is.EqualTo(memory.Memory.Bytes));
    }

    // A handle opens the whole block that an allocation is in.
    [Test]
    public void NothingElseLiesInWhatAHandleOpens()
    {
        if (SharingSupport.FindObstacle(Context.Device, MemorySharing.Ipc) is { } obstacle) Assert.Ignore(obstacle);
        using var before = new DeviceBuffer<byte>(Context, 1000);
        using var memory = SharedDeviceMemory.Allocate(Context, 100_000, MemorySharing.Ipc);
        var (start, end) = (memory.Memory.Address, memory.Memory.Address + memory.Memory.Bytes);
        Assert.That((start % Unit, end % Unit), Is.EqualTo((0UL, 0UL)));
        var others = Enumerable.Range(1, 200).Select(i => new DeviceBuffer<byte>(Context, i * 512)).Append(before).ToList();
        try
        {
            Assert.That(others.Where(one => one.Pointer.Address + (ulong)one.Length > start && one.Pointer.Address < end), Is.Empty);
        }
        finally
        {
            others.ForEach(one => one.Dispose());
        }
    }

    [Test]
    public void AHandleIsForOtherProcesses()
    {
        if (SharingSupport.FindObstacle(Context.Device, MemorySharing.Ipc) is { } obstacle) Assert.Ignore(obstacle);
        using var memory = SharedDeviceMemory.Allocate(Context, 1, MemorySharing.Ipc);
        var export = memory.Export();
        Assert.That(export.Offset, Is.Zero);
        Assert.That(export.Handle.ToArray(), Has.Some.Not.Zero);
        Assert.That(export.Gpu, Is.Not.EqualTo(Guid.Empty));
        if (!GpuDriver.IsEmulated) Assert.That(() => ImportedDeviceMemory.Open(Context, export), Throws.TypeOf<GpuException>());
    }

    private static SharedDeviceMemory Shareable(GpuContext context)
    {
        if (SharingSupport.FindObstacle(context.Device, MemorySharing.Descriptor) is { } obstacle) Assert.Ignore(obstacle);
        return SharedDeviceMemory.Allocate(context, Count * sizeof(int), MemorySharing.Descriptor);
    }

    private static int[] Numbers(int seed) => [.. Enumerable.Range(0, Count).Select(i => (i * 31) ^ (seed * 1_000_003))];

    private void Scale(DeviceMemory memory, int factor) =>
        Run("scale<int>", new LaunchShape((Count + 127) / 128, 128), new DevicePointer<int>(memory.Address), factor, Count);

    private static void Write(DeviceMemory memory, int[] values)
    {
        fixed (int* p = values) memory.CopyFrom(0, p, Count * sizeof(int));
    }

    private static int[] Read(DeviceMemory memory)
    {
        var values = new int[Count];
        fixed (int* p = values) memory.CopyTo(0, p, Count * sizeof(int));
        return values;
    }
}
