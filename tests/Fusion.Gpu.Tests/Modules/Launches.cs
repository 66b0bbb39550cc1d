using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

public sealed class Launches : GpuTest
{
    [Test]
    public void AllocateNothing()
    {
        const int Count = 1000;
        var kernel = Kernels.GetKernel("scale<int>");
        using var values = new DeviceBuffer<int>(Context, [1]);
        LaunchMany(kernel, values, Count);
        var before = GC.GetAllocatedBytesForCurrentThread();

        LaunchMany(kernel, values, Count);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Stream.Synchronize();
    }

    [Test]
    public void OfATemplateTakeTheNameExpression()
    {
        using var values = new DeviceBuffer<float>(Context, [1, 2, 3]);

        Run("scale<float>", new(1, 32), values, 0.5f, 3);

        Assert.That(Read(values), Is.EqualTo([0.5f, 1, 1.5f]));
    }

    [Test]
    public void MayUse100KilobytesOfSharedMemory()
    {
        const int Count = 100 * 1024 / sizeof(int);
        if (Context.Device.MaxSharedBytesPerBlock < Count * sizeof(int))
            Assert.Ignore($"this GPU has {Context.Device.MaxSharedBytesPerBlock} bytes of shared memory a block");
        int[] numbers = [.. Enumerable.Range(0, Count)];
        using var values = new DeviceBuffer<int>(Context, numbers);

        Run("reverse", new(1, 1024) { SharedBytes = Count * sizeof(int) }, values, Count);

        Assert.That(Read(values), Is.EqualTo(numbers.Reverse()));
    }

    [Test]
    public void FormClustersWhereAskedTo()
    {
        RequireHopperCode("kernels/clusters");
        const int Blocks = 8;
        const int ClusterSize = 4;
        using var places = new DeviceBuffer<uint>(Context, Blocks * 3);
        places.FillBytes(0xFF);

        Run("where_am_i", new(Blocks, 1) { Cluster = ClusterSize }, places);

        var expected = Enumerable.Range(0, Blocks).SelectMany(b => new[] { b / ClusterSize, ClusterSize, b % ClusterSize });
        Assert.That(Read(places), Is.EqualTo(expected.Select(number => (uint)number)));
    }

    [Test]
    public void TakeTheTimeThatEventsTell()
    {
        const long Cycles = 10_000_000;
        const double HighestClock = 5e9;
        using var start = new GpuEvent(Context);
        using var end = new GpuEvent(Context);

        start.Record(Stream);
        Kernels.GetKernel("spin").Launch(Stream, new(1, 1), Cycles);
        end.Record(Stream);
        end.Synchronize();

        Assert.That(end.ElapsedSince(start).TotalSeconds, Is.InRange(Cycles / HighestClock, 10));
    }

    private void LaunchMany(Kernel kernel, DeviceBuffer<int> values, int count)
    {
        var shape = new LaunchShape(1, 32) { ProgrammaticLaunch = true };
        for (var i = 0; i < count; i++) kernel.Launch(Stream, shape, values, 1, 1);
    }
}
