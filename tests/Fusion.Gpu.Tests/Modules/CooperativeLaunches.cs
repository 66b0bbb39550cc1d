using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

public sealed class CooperativeLaunches : GpuTest
{
    private const uint Polls = 1 << 22;

    [Test]
    public void RunAllBlocksAtTheSameTime()
    {
        var kernel = TypedKernels.SumOfAllBlocks.On(Context);
        var shape = new LaunchShape(1, kernel.MaxThreadsPerBlock) { Cooperative = true };
        var blocks = kernel.BlocksAtATime(shape);
        using var values = new DeviceBuffer<uint>(Context, blocks);
        using var sums = new DeviceBuffer<uint>(Context, blocks);
        TypedKernels.Globals.Arrived.On(Context).FillBytes(Stream, 0);

        TypedKernels.SumOfAllBlocks.Launch(Stream, shape with { Grid = blocks }, values, sums, Polls);
        Stream.Synchronize();

        Assert.That(blocks, Is.GreaterThanOrEqualTo(Context.Device.MultiprocessorCount));
        Assert.That(Read(sums), Has.All.EqualTo((uint)(blocks * (blocks + 1) / 2)));
    }

    [Test]
    public void OfMoreBlocksAreRefusedBeforeTheDriverSeesThem()
    {
        var kernel = Kernels.GetKernel("sum_of_all_blocks");
        var shape = new LaunchShape(1, 1024) { Cooperative = true };
        var blocks = kernel.BlocksAtATime(shape);
        using var none = new DeviceBuffer<uint>(Context, 0);

        Assert.That(() => kernel.Launch(Stream, shape with { Grid = blocks + 1 }, none, none, Polls),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contains($"at most {blocks} of them at a time"));
    }

    [Test]
    public void MayHaveClusters()
    {
        RequireHopperCode("kernels/cooperative");
        var shape = new LaunchShape(8, 32) { Cooperative = true, Cluster = 4 };
        var kernel = TypedKernels.SumOfAllBlocks.On(Context);
        Assert.That(kernel.BlocksAtATime(shape), Is.EqualTo(kernel.ClustersAtATime(shape) * 4).And.GreaterThanOrEqualTo(8));
        using var values = new DeviceBuffer<uint>(Context, 8);
        using var sums = new DeviceBuffer<uint>(Context, 8);
        TypedKernels.Globals.Arrived.On(Context).FillBytes(Stream, 0);

        TypedKernels.SumOfAllBlocks.Launch(Stream, shape, values, sums, Polls);
        Stream.Synchronize();

        Assert.That(Read(sums), Has.All.EqualTo(36u));
    }
}
