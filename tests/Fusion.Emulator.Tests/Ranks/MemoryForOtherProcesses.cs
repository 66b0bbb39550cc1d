using Fusion.Emulation.Tests.Support;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Memory of a GPU that others map (<see cref="SharedDeviceMemory"/>, <see cref="ImportedDeviceMemory"/>), the exporter and the
/// importer being contexts of two GPUs of this process.</summary>
[Platform("Linux")]
[TestFixture(MemorySharing.Ipc)]
[TestFixture(MemorySharing.Descriptor)]
internal sealed unsafe class MemoryForOtherProcesses(MemorySharing sharing)
{
    private const int Count = 5000;
    private const int Unit = 2 << 20;

    private const string Source = """
        extern "C" __global__ void put(unsigned int* out, unsigned int factor, int count) {
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          if (i < count) out[i] = i * factor + 7;
        }
        extern "C" __global__ void add(unsigned int* out, const unsigned int* in, int count) {
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          if (i < count) out[i] += in[i];
        }
        """;

    [Test]
    public void AKernelOfAPeerWritesToIt()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Count * sizeof(uint), sharing);
        memory.Memory.Fill(0, 0xEE, memory.Memory.Bytes);
        using var imported = Open(gpu.Context, memory);
        Assert.That(imported.Address, Is.Not.EqualTo(memory.Memory.Address), "An address of one process is none of another's.");

        gpu.Run("put", Blocks, Threads, imported.Address, 2654435761u, Count);

        var found = Read(memory.Memory, Count + 1);
        Assert.That(found[..Count], Is.EqualTo(Enumerable.Range(0, Count).Select(i => unchecked(((uint)i * 2654435761u) + 7))));
        Assert.That(found[Count], Is.EqualTo(0xEEEEEEEE));
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void WhatTheOwnerWroteIsReadByAPeer()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Count * sizeof(uint), sharing);
        var given = Enumerable.Range(0, Count).Select(i => (uint)(i * 31) ^ 0x5A5A5A5A).ToArray();
        fixed (uint* p = given) memory.Memory.CopyFrom(0, p, Count * sizeof(uint));
        using var imported = Open(gpu.Context, memory);
        using var sums = new DeviceBuffer<uint>(gpu.Context, Enumerable.Repeat(1u, Count).ToArray());

        gpu.Run("add", Blocks, Threads, sums, imported.Address, Count);

        Assert.That(TestGpu.Read(sums), Is.EqualTo(given.Select(value => value + 1)));
    }

    [Test]
    public void WhatNobodyWroteIsAMistakeThroughAMappingToo()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Count * sizeof(uint), sharing);
        using var imported = Open(gpu.Context, memory);
        using var sums = new DeviceBuffer<uint>(gpu.Context, new uint[Count]);
        Assert.That(gpu.Fail("add", Blocks, Threads, sums, imported.Address, Count).Kind, Is.EqualTo(FaultKind.UninitializedRead));
    }

    [Test]
    public void AMappingIsForItsGpuAlone()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var other = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(gpu.Context, Unit, sharing);
        using var imported = Open(other, memory);
        var fault = gpu.Fail("put", Blocks, Threads, imported.Address, 1u, Count);
        Assert.That(fault.Message, Does.Contain("no peer access"));
    }

    [Test]
    public void AnUnmappedAddressIsNoMemory()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Unit, sharing);
        var imported = Open(gpu.Context, memory);
        var address = imported.Address;
        imported.Dispose();
        imported.Dispose();
        Assert.That(gpu.Fail("put", Blocks, Threads, address, 1u, Count).Kind, Is.EqualTo(FaultKind.OutOfBounds));
    }

    [Test]
    public void UnmappingWaitsForKernels()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 500_000_000 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Unit, sharing);
        var imported = Open(gpu.Context, memory);
        // Enough blocks that some have not run when the launch returns.
        const int all = Unit / sizeof(uint);
        gpu.Launch("put", new(all / 128, 1, 1), Threads, 0, [], imported.Address, 5u, all);
        imported.Dispose();
        Assert.That(Read(memory.Memory, all).Last(), Is.EqualTo(unchecked(((all - 1) * 5u) + 7)));
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void RanksMapAndUnmapAtTheSameTime()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 4 });
        var descriptors = Directory.GetFiles("/proc/self/fd").Length;
        Parallel.For(0, 4, rank =>
        {
            using var context = GpuContext.Open(rank);
            for (var i = 0; i < 25; i++)
            {
                using var memory = SharedDeviceMemory.Allocate(context, Unit, sharing);
                memory.Memory.Fill(0, (byte)(rank + 1), 64);
                using var other = GpuContext.Open((rank + 1 + (i % 3)) % 4);
                using var imported = Open(other, memory);
                Assert.That(Read(imported, 16), Has.All.EqualTo(0x01010101u * (uint)(rank + 1)));
            }
        });
        // The emulator keeps up to 64 MiB of what was freed lately.
        Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.LessThanOrEqualTo(descriptors + 40));
    }

    [Test]
    public void SizesAreWholeUnitsAndEverythingIsFreed([Values(1, 100_000, Unit, Unit + 1)] int bytes)
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2 });
        using var owner = GpuContext.Open(1);
        // Made at the first copy.
        _ = gpu.Context.Copies;
        var handles = NativeHandle.Live;
        var free = (owner.GetFreeMemoryBytes(), gpu.Context.GetFreeMemoryBytes());
        var descriptors = Directory.GetFiles("/proc/self/fd").Length;
        var memory = SharedDeviceMemory.Allocate(owner, (nuint)bytes, sharing);
        Assert.That(memory.Memory.Bytes, Is.EqualTo((nuint)((bytes + Unit - 1) / Unit * Unit)));
        Assert.That(memory.Memory.Address % Unit, Is.Zero);
        Assert.That(owner.GetFreeMemoryBytes(), Is.EqualTo(free.Item1 - (long)memory.Memory.Bytes));
        var (first, second) = (Open(gpu.Context, memory), Open(gpu.Context, memory));
        // A handle that is open twice has one address; descriptors give an address each.
        Assert.That(first.Address == second.Address, Is.EqualTo(sharing == MemorySharing.Ipc));
        first.Dispose();
        second.Fill(0, 3, second.Bytes);
        second.Dispose();
        memory.Dispose();
        memory.Dispose();
        Assert.That(NativeHandle.Live, Is.EqualTo(handles));
        Assert.That((owner.GetFreeMemoryBytes(), gpu.Context.GetFreeMemoryBytes()), Is.EqualTo(free));
        // What was freed lately is kept by the emulator to name it: one descriptor of an allocation.
        Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.LessThanOrEqualTo(descriptors + 1));
    }

    [Test]
    public void AnExportSaysWhoseAndHowMuch()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, 10, sharing);
        using var ofAnother = SharedDeviceMemory.Allocate(gpu.Context, 10, sharing);
        var export = memory.Export();
        Assert.Multiple(() =>
        {
            Assert.That(SharingSupport.FindObstacle(owner.Device, sharing), Is.Null);
            Assert.That((export.Sharing, export.Bytes, export.Offset), Is.EqualTo((sharing, (long)Unit, 0L)));
            Assert.That(export.Handle.Length, Is.EqualTo(sharing == MemorySharing.Ipc ? IpcMemoryHandle.Size : 0));
            Assert.That(export.Gpu, Is.Not.EqualTo(Guid.Empty).And.Not.EqualTo(ofAnother.Export().Gpu));
        });
        if (sharing == MemorySharing.Ipc) Assert.That(memory.ExportDescriptor, Throws.TypeOf<InvalidOperationException>());
        memory.Dispose();
        Assert.That(memory.Export, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void MoreThanWasExportedIsRefused()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2 });
        using var owner = GpuContext.Open(1);
        using var memory = SharedDeviceMemory.Allocate(owner, Unit, sharing);
        var handles = NativeHandle.Live;
        foreach (var (bytes, offset) in new[] { (2L * Unit, 0L), (Unit, 2 * Unit), (0, 0), (-Unit, 0), (Unit, -1), (long.MaxValue, 0) })
        {
            if (sharing == MemorySharing.Descriptor && bytes == Unit && offset > 0) continue;
            var wrong = memory.Export() with { Bytes = bytes, Offset = offset };
            Assert.That(() => Open(gpu.Context, memory, wrong), Throws.InstanceOf<ArgumentException>().Or.TypeOf<GpuException>(), $"{bytes} at {offset}");
        }

        Assert.That(() => ImportedDeviceMemory.Open(gpu.Context, memory.Export() with { Sharing = MemorySharing.Descriptor }), Throws.ArgumentException);
        Assert.That(NativeHandle.Live, Is.EqualTo(handles));
    }

    [Test]
    public void AWorkspaceIsMappedByAPeer()
    {
        using var gpu = TestGpu.Of(Source, new() { Gpus = 2, StepLimit = 5_000_000 });
        using var owner = GpuContext.Open(1);
        using var plain = new Workspace(owner, 100_000);
        Assert.That(plain.Shared, Is.Null);
        using var workspace = new Workspace(owner, 100_000, sharing);
        using var imported = Open(gpu.Context, workspace.Shared!);
        var before = Read(imported, 25_000);
        Assert.That(before, Is.EqualTo(Read(workspace.Shared!.Memory, 25_000)));
        Assert.That(before[^1], Is.EqualTo(0xFFFFFFFF), "It is reset.");
        gpu.Run("put", Blocks, Threads, imported.Address, 3u, Count);
        Assert.That(Read(workspace.Shared.Memory, 2), Is.EqualTo(new uint[] { 7, 10 }));
        workspace.Reset();
        Assert.That(Read(imported, 25_000), Is.EqualTo(before));
    }

    private static Dim3 Blocks => new((Count + 127) / 128, 1, 1);

    private static Dim3 Threads => new(128, 1, 1);

    private DeviceMemory Open(GpuContext context, SharedDeviceMemory memory, MemoryExport? export = null) =>
        ImportedDeviceMemory.Open(context, export ?? memory.Export(), sharing == MemorySharing.Descriptor ? memory.ExportDescriptor() : null);

    private static uint[] Read(DeviceMemory memory, int count)
    {
        var values = new uint[count];
        fixed (uint* p = values) memory.CopyTo(0, p, (nuint)count * sizeof(uint));
        return values;
    }
}
