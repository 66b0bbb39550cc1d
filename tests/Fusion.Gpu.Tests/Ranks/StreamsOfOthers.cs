using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>A stream of another context, GPU or rank: each has its own true message, and nothing was launched.</summary>
public sealed class StreamsOfOthers : GpuGroupTest
{
    [Test]
    public void OfAnotherContextOfTheSameGpuAreRefused()
    {
        using var op = new GpuAndCpuRanks(2, 64, 1);
        var gpu = op.Group.Ranks[0].Context!;
        using var other = new OtherContext(gpu.Device);
        using var stream = new GpuStream(other.Context);
        const string True = "another context of";

        Assert.That(() => op.Launch(0, 1, stream), Throws.TypeOf<FusionArgumentException>().With.Message.Contain(True));
        using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, gpu);
        Assert.That(() => kernels.GetKernel("spin").Launch(stream, new(1, 1), 1L), Throws.ArgumentException.With.Message.Contain(True));
        using var point = new GpuEvent(gpu);
        Assert.That(() => point.Record(stream), Throws.ArgumentException.With.Message.Contain(True));
        var rows = new EpilogueOperation(op.Group, new() { HiddenSize = 64, MaxTokens = 1 });
        Assert.That(() => rows.Launch(0, stream, op.Call(0, 1)), Throws.TypeOf<FusionArgumentException>().With.Message.Contain(True));

        op.SetInputs(1);
        op.LaunchAll(1);
        op.Compare(1, "after refused calls");
    }

    [Test]
    public void AreRefusedForRanksOnTheCpu()
    {
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var cpu = RankGroup.OnCpu(2);
        using var operation = new Runtime.AllReduce(cpu, new() { HiddenSize = 8, MaxTokens = 1 });
        using var buffer = cpu.Ranks[0].Allocate<BFloat16>(8);
        var tensor = buffer.AsTensor(1, 8);

        Assert.That(() => operation.Launch(0, stream, new() { Input = tensor, AllReduceOut = tensor }),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("on the CPU"));
    }

    [Test]
    public void OfAnotherGpuAreRefused()
    {
        if (!RanksOfATest.AreOnSeveralGpus) Assert.Ignore($"one GPU: {RanksOfATest.Variable} lists no two");
        using var op = new GpuAndCpuRanks(2, 64, 1);
        var (first, second) = (op.Group.Ranks[0], op.Group.Ranks[1]);
        using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, first.Context!);

        Assert.That(() => op.Launch(0, 1, second.Stream),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("was given a stream of GPU"));
        Assert.That(() => kernels.GetKernel("spin").Launch(second.Stream!, new(1, 1), 1L),
            Throws.ArgumentException.With.Message.Contain($"is of {second.Context!.Device}"));

        op.SetInputs(1);
        op.LaunchAll(1);
        op.Compare(1, "after refused calls");
    }

    [Test]
    public void AreSharedByTwoThreadsInNoCase()
    {
        if (RanksOfATest.AreOnSeveralGpus) Assert.Ignore("two GPUs share no stream");
        using var op = new GpuAndCpuRanks(2, 64, 1);
        using var stream = op.Group.Ranks[0].CreateStream()!;
        using var together = new Barrier(2);
        for (var round = 0; round < 200; round++)
        {
            var refused = 0;
            Parallel.Invoke(() => LaunchFor(0), () => LaunchFor(1));
            Assert.That(refused, Is.EqualTo(1), $"round {round}: one of two ranks is let into a stream");
            op.Operation.Reset();

            void LaunchFor(int rank)
            {
                together.SignalAndWait();
                try
                {
                    op.Launch(rank, 1, stream);
                }
                catch (FusionArgumentException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }
    }
}
