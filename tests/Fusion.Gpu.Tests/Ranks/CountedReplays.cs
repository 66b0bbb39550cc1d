using System.Diagnostics;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>How the host hears of calls of NCCL that a CUDA graph replays. NCCL's kernel is one here that takes its time.</summary>
public sealed class CountedReplays : GpuGroupTest
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(200);

    [Test]
    public void AreInFlightFromTheirBeginToTheirEndAndOverdueBehindTheirTime()
    {
        using var group = RankGroup.OnGpus(0);
        var stream = group.Ranks[0].Stream!;
        using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, group.Ranks[0].Context!);
        using var replays = new NcclReplays(group.Ranks[0], Timeout);
        using var graph = Record(replays, stream, kernels.GetKernel("hold"), nanoseconds: 600_000_000);
        Assert.That(replays.Running, Is.Zero, "recorded, but not replayed");
        for (var replay = 1u; replay <= 3; replay++)
        {
            graph.Launch(stream);
            Assert.That(Found(replays, overdue => true), Is.Zero, "no sooner than its time");
            Assert.That(replays.Running, Is.EqualTo(replay));
            Assert.That(Found(replays, overdue => overdue > 0), Is.EqualTo(replay));
            stream.Synchronize();
            Assert.That((replays.Look(out var over), over), Is.EqualTo((false, 0u)));
        }
    }

    [Test]
    public void AreNeverOverdueWhileTheyFollowEachOther()
    {
        using var group = RankGroup.OnGpus(0);
        var stream = group.Ranks[0].Stream!;
        using var kernels = KernelLibrary.Load(typeof(GpuTest).Assembly, group.Ranks[0].Context!);
        using var replays = new NcclReplays(group.Ranks[0], Timeout);
        using var graph = Record(replays, stream, kernels.GetKernel("hold"), nanoseconds: 5_000_000);
        for (var i = 0; i < 200; i++) graph.Launch(stream);
        for (; stream.IsBusy; Thread.Sleep(10))
        {
            replays.Look(out var overdue);
            Assert.That(overdue, Is.Zero);
        }

        Assert.That(replays.Running, Is.Zero);
    }

    private static GpuGraph Record(NcclReplays replays, GpuStream stream, Kernel kernel, ulong nanoseconds) => GpuGraph.Capture(stream, () =>
    {
        replays.Begin(stream);
        kernel.Launch(stream, new(1, 1), nanoseconds);
        replays.End(stream);
    });

    // Looks as the thread of the connection does, until a call is in flight and something holds of what is overdue.
    private static uint Found(NcclReplays replays, Predicate<uint> isIt)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(20); Thread.Sleep(1))
        {
            if (replays.Look(out var overdue) && isIt(overdue)) return overdue;
        }

        throw new AssertionException("No call is in flight.");
    }
}
