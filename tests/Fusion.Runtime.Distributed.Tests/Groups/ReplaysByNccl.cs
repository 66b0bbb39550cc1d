using System.Diagnostics;
using Fusion.Emulation;
using Fusion.Graph;
using Fusion.Interop.Nccl;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Calls of NCCL that CUDA graphs replay, of ranks that say they are on machines of their own: they wait no longer than those that are launched.</summary>
[NonParallelizable]
public sealed class ReplaysByNccl
{
    private const int Hidden = 8;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(500);

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(2, "rank 1")]
    [TestCase(4, "ranks 1, 2, 3")]
    public async Task AreGivenUpWhereARankIsAlone(int ranks, string others)
    {
        await Together(ranks, async group =>
        {
            var rank = group.LocalRanks.Single();
            using (var operation = new AllReduce(group, Options(Short)))
            {
                using var graph = Record(rank, operation, out var data);
                using (data)
                {
                    // Two of them end, and a third one of rank 0 alone, which is behind another in its stream.
                    for (var i = 0; i < 2; i++) Replay(rank, operation, graph);
                    if (rank.Index == 0)
                    {
                        var clock = Stopwatch.StartNew();
                        graph.Launch(rank.Stream!);
                        graph.Launch(rank.Stream!);
                        var failure = await Assert.ThrowsAsync<PeerTimeoutException>(() => operation.SynchronizeAsync(0));
                        Assert.That((failure!.Rank, failure.Call), Is.EqualTo((0, 2L)));
                        Assert.That(failure.Message, Does.Contain($"Rank 0 waited for {others} longer than 0.5 s: separate: a sum by NCCL that a CUDA graph replayed, call 2."));
                        Assert.That(clock.Elapsed, Is.InRange(TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(20)));
                    }
                    else
                    {
                        await SeveralMachines.Hear<PeerTimeoutException>(operation.ThrowIfFailed, $"Rank 0 waited for {others}");
                    }

                    Assert.That(operation.Reset, Throws.TypeOf<NcclException>().With.Message.Contains("CUDA graphs have calls of it"));
                }
            }

            // Made anew, all of it works again.
            using var next = new AllReduce(group, Options(TimeSpan.FromSeconds(20)));
            using var again = Record(rank, next, out var more);
            using (more) Replay(rank, next, again);
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(1).EqualTo("abort 1").And.Exactly(1).EqualTo("abort 2"));
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public Task EndALateRankThatReplaysAfterwards() => Together(2, async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(group, Options(Short));
        using var graph = Record(rank, operation, out var data);
        using var own = data;
        Replay(rank, operation, graph);
        if (rank.Index == 1) await SeveralMachines.Hear<PeerTimeoutException>(operation.ThrowIfFailed, "Rank 0 waited for rank 1");
        graph.Launch(rank.Stream!);
        await Assert.ThrowsAsync<PeerTimeoutException>(() => operation.SynchronizeAsync(rank.Index));
        Meet(group);
    });

    [Test]
    public async Task AreLeftAloneWhileTheyGoOn()
    {
        var timeout = TimeSpan.FromSeconds(2);
        await Together(2, async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(group, Options(timeout));
            using var graph = Record(rank, operation, out var data);
            using var own = data;
            Replay(rank, operation, graph);
            // Neither a pause nor many in a row are a wait.
            await Task.Delay(timeout * 1.2);
            Meet(group);
            for (var i = 0; i < 200; i++) Replay(rank, operation, graph);
            operation.ThrowIfFailed();
        });
        Assert.That(FakeNccl.Calls, Has.None.StartsWith("abort"));
    }

    [Test]
    public Task AreGivenUpInCollectivesToo() => Together(2, async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new Collectives(group, new() { Timeout = Short });
        using var input = rank.Allocate<float>(Hidden);
        using var output = rank.Allocate<float>(2 * Hidden);
        using var graph = GpuGraph.Capture(rank.Stream!, () => operation.AllGatherColumns(rank.Index, input.AsTensor(1, Hidden), output.AsTensor(1, 2 * Hidden)));
        graph.Launch(rank.Stream!);
        operation.Synchronize(rank.Index);
        const string Words = "Rank 0 waited for rank 1 longer than 0.5 s: collective: an exchange by NCCL that a CUDA graph replayed, call 1.";
        if (rank.Index == 0)
        {
            graph.Launch(rank.Stream!);
            Assert.That(() => operation.Synchronize(0), Throws.TypeOf<PeerTimeoutException>().With.Message.Contains(Words));
        }
        else
        {
            await SeveralMachines.Hear<PeerTimeoutException>(operation.ThrowIfFailed, Words);
        }

        Meet(group);
    });

    [Test]
    public Task AreGivenUpInCompiledGraphs() => Together(2, async group =>
    {
        var rank = group.LocalRanks.Single().Index;
        var b = new GraphBuilder("g");
        var x = b.Input("x", Hidden, ElementType.Float32);
        var graph = b.Output("sum", x.AllReduce().Add(x)).Build();
        using var compiled = graph.Compile(group, new() { MaxTokens = 1, Buckets = [1], Timeout = Short });
        compiled.SetInput<float>(rank, "x", new float[Hidden]);
        compiled.Run(1);
        compiled.Synchronize();
        if (rank == 0)
        {
            compiled.Run(1);
            Assert.That(compiled.Synchronize, Throws.TypeOf<PeerTimeoutException>().With.Message.Contains("that a CUDA graph replayed"));
        }
        else
        {
            await SeveralMachines.Hear<PeerTimeoutException>(compiled.ThrowIfFailed, "Rank 0 waited for rank 1");
        }

        Meet(group);
    });

    // A rank that leaves would be another reason for the others to end.
    private static void Meet(RankGroup group) => Ranks.GroupMessages.Of(group)!.Barrier();

    private static AllReduceOptions Options(TimeSpan timeout) => new() { HiddenSize = Hidden, MaxTokens = 1, DataType = ElementType.Float32, Timeout = timeout };

    private static GpuGraph Record(Rank rank, AllReduce operation, out RankBuffer<float> data)
    {
        var made = data = rank.Allocate<float>(Hidden);
        data.CopyFrom([.. Enumerable.Repeat(1f, Hidden)]);
        return GpuGraph.Capture(rank.Stream!, () => operation.Launch(rank.Index, new() { Input = made.AsTensor(1, Hidden), AllReduceOut = made.AsTensor(1, Hidden) }));
    }

    private static void Replay(Rank rank, AllReduce operation, GpuGraph graph)
    {
        graph.Launch(rank.Stream!);
        operation.Synchronize(rank.Index);
    }

    private static Task Together(int ranks, Func<RankGroup, Task> work) => SeveralMachines.Together(ranks, NcclLibrary.Of(new FakeNccl(waits: 1)), work);
}
