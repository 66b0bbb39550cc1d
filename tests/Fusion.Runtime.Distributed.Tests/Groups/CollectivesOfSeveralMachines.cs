using System.Diagnostics;
using System.Runtime.InteropServices;
using Fusion.Emulation;
using Fusion.Graph;
using Fusion.Interop.Nccl;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Collectives of ranks that say they are on machines of their own: an NCCL that is written for tests exchanges.</summary>
[NonParallelizable]
public sealed class CollectivesOfSeveralMachines
{
    private const int Tokens = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    private static readonly CollectiveOfATest[] Each =
    [
        new(CollectiveKind.AllGatherColumns, ElementType.BFloat16, 3, 24), new(CollectiveKind.AllGatherRows, ElementType.Float32, 2, 8),
        new(CollectiveKind.ReduceScatterRows, ElementType.Float32, 4, 8), new(CollectiveKind.TopK, ElementType.Float32, 3, 40, 3),
    ];

    [TearDown]
    public void Leave() => Emulator.Leave();

    [Test]
    public Task GetTheBitsOfTheReference([Values(2, 4)] int ranks, [ValueSource(nameof(Types))] ElementType type) => Compare(
        ranks, null,
        new(CollectiveKind.AllGatherColumns, type, 1, 136), new(CollectiveKind.AllGatherColumns, type, 3, 136), new(CollectiveKind.AllGatherRows, type, 3, 40),
        new(CollectiveKind.ReduceScatterRows, type, 3 * ranks, 72),
        new(CollectiveKind.TopK, type, 2, 1040, 1), new(CollectiveKind.TopK, type, 3, 264, 2), new(CollectiveKind.TopK, type, 2, 264, 37), new(CollectiveKind.TopK, type, 1, 256, 256));

    [TestCase(2)]
    [TestCase(4)]
    public async Task HaveTheSameBitsInPieces(int ranks)
    {
        await Compare(
            ranks, new() { WorkspaceBytes = CollectivesOptions.SmallestWorkspaceBytes },
            new(CollectiveKind.AllGatherColumns, ElementType.Float32, 9, 2056), new(CollectiveKind.AllGatherColumns, ElementType.BFloat16, 17, 2056),
            new(CollectiveKind.TopK, ElementType.BFloat16, 19, 264, 255));
        Assert.That(FakeNccl.Calls, Has.Exactly(ranks * (ranks == 2 ? 3 + 3 + 2 : 5 + 5 + 3)).StartsWith("all-gather"));
    }

    [Test]
    public async Task ShareOneNcclWithAllReduces()
    {
        await SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
        {
            using var sums = new AllReduce(group, new() { HiddenSize = 8, MaxTokens = 1, DataType = ElementType.Float32 });
            using var operation = new Collectives(group);
            Check(group, operation);
            Assert.That(operation.Options.Nccl, Is.Null, "what the caller said stays");
            return Task.CompletedTask;
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(2).StartsWith("init").And.Exactly(2).StartsWith("destroy").And.None.StartsWith("abort"));
    }

    [Test]
    public Task TakeTheNcclThatTheyAreGivenIfItIsTheirs()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        return SeveralMachines.Together(2, null, group =>
        {
            using var nccl = new NcclAllReduce(group, library, 0);
            using (var operation = new Collectives(group, new() { Nccl = nccl })) Check(group, operation);
            using var alone = RankGroup.OnGpus(group.LocalRanks.Single().Index);
            using var other = new NcclAllReduce(alone, library, 0);
            Assert.That(() => new Collectives(group, new() { Nccl = other }), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("an NcclAllReduce of another group"));
            return Task.CompletedTask;
        });
    }

    [Test]
    public Task MustAllBeGivenAnNcclOrNone() => SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        using var nccl = group.MakeNccl(group);
        Assert.That(() => new Collectives(group, new() { Nccl = group.LocalRanks[0].Index == 0 ? nccl : null }),
            Throws.TypeOf<RankGroupException>().With.Message.Contains("FUSION4004").And.Message.Contains("NCCL: given on rank 0, none given on rank 1"));
        return Task.CompletedTask;
    });

    [TestCaseSource(nameof(Each))]
    public async Task EndTheCallOfARankThatIsAloneAndNameWhoDidNotLaunch(object what)
    {
        var call = (CollectiveOfATest)what;
        var expected = call.Expected(2);
        await SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new Collectives(group, new() { Timeout = TimeSpan.FromMilliseconds(500) });
            Assert.That(call.Run(group, operation), Is.EqualTo(expected[rank.Index]));
            if (rank.Index == 0)
            {
                var alone = new CollectiveOfATest.Call(call, rank, 2);
                alone.Begin(0);
                var clock = Stopwatch.StartNew();
                alone.Launch(operation);
                // One that is queued behind it ends too.
                alone.Launch(operation);
                var failure = await Assert.ThrowsAsync<PeerTimeoutException>(() => operation.SynchronizeAsync(0));
                Assert.That((failure!.Rank, failure.Peer, failure.Call), Is.EqualTo((0, 1, 1L)));
                Assert.That(failure.Message, Does.Contain("Rank 0 waited for rank 1 longer than 0.5 s: collective: the exchange by NCCL, call 1."));
                Assert.That(clock.Elapsed, Is.InRange(TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(20)));
                Assert.That(() => alone.Launch(operation), Throws.TypeOf<ResetRequiredException>());
                if (call.Kind == CollectiveKind.TopK)
                    Assert.That(MemoryMarshal.Cast<byte, int>(alone.Results())[..(call.Rows * call.Choices)].ToArray(), Has.All.EqualTo(-1), "no index that is none");
            }
            else
            {
                await SeveralMachines.Hear<PeerTimeoutException>(operation.ThrowIfFailed, "Rank 0 waited for rank 1");
            }

            operation.Reset();
            Assert.That(call.Run(group, operation), Is.EqualTo(expected[rank.Index]));
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(4).StartsWith("init").And.Exactly(1).EqualTo("abort 1").And.Exactly(1).EqualTo("abort 2"));
    }

    [Test]
    public Task NameARankThatIsGoneWhileACallRuns() => SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new Collectives(group, new() { Timeout = Longest });
        Check(group, operation);
        if (rank.Index == 1)
        {
            await Task.Delay(200);
            // Leaves as a process that ends.
            ((IDisposable)group.Connection!).Dispose();
            return;
        }

        var call = new CollectiveOfATest.Call(Each[^1], rank, 2);
        call.Begin(0);
        call.Launch(operation);
        var clock = Stopwatch.StartNew();
        Assert.That(Assert.Throws<PeerGoneException>(() => operation.Synchronize(0))!.Rank, Is.EqualTo(1));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
    });

    [Test]
    public Task SayWhichCallsMet() => SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new Collectives(group, new() { Timeout = Longest });
        var call = new CollectiveOfATest.Call(Each[rank.Index == 0 ? 2 : 1], rank, 2);
        call.Begin(0);
        call.Launch(operation);
        await SeveralMachines.Hear<RankGroupException>(
            operation.ThrowIfFailed, "In call 0, collective: reduce-scatter of rows on rank 0, but all-gather of rows on rank 1; rows: 4 on rank 0, but 2 on rank 1.");
        operation.Reset();
        Check(group, operation);
    });

    [Test]
    public async Task AreReplayed()
    {
        var expected = Enumerable.Range(0, 3).Select(round => Each.Select(what => what.Expected(4, round)).ToArray()).ToArray();
        await SeveralMachines.Together(4, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new Collectives(group, new() { Timeout = Longest });
            var calls = Each.Select(what => new CollectiveOfATest.Call(what, rank, 4)).ToArray();
            using var graph = GpuGraph.Capture(rank.Stream!, () => Array.ForEach(calls, call => call.Launch(operation)));
            for (var round = 0; round < 3; round++)
            {
                Array.ForEach(calls, call => call.Begin(round));
                graph.Launch(rank.Stream!);
                operation.Synchronize(rank.Index);
                for (var i = 0; i < calls.Length; i++) Assert.That(calls[i].Results(), Is.EqualTo(expected[round][i][rank.Index]), $"{Each[i]}, round {round}");
            }

            return Task.CompletedTask;
        });
        Assert.That(Emulator.Faults, Is.Empty);
        Assert.That(FakeNccl.Calls, Has.Exactly(12).StartsWith("recorded all-gather").And.Exactly(4).StartsWith("recorded reduce-scatter").And.None.StartsWith("all-gather"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task AreStepsOfGraphs(bool isRecorded)
    {
        using var alone = RankGroup.OnCpu(2);
        var expected = RunGraph(alone, isRecorded);
        await SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
        {
            Assert.That(RunGraph(group, isRecorded), Is.EqualTo(expected));
            return Task.CompletedTask;
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(2).StartsWith("init").And.Some.StartsWith(isRecorded ? "recorded all-gather" : "all-gather"));
    }

    // An all-reduce and a choice share NCCL: what one of them gives up, ends the other.
    [Test]
    public async Task GoOnAsGraphsAfterARunOfOneRankAlone()
    {
        using var alone = RankGroup.OnCpu(2);
        using var ofTheCpu = Compile(alone, isRecorded: false, Longest);
        ofTheCpu.Run(Tokens);
        var expected = ResultsOf(ofTheCpu.Run(Tokens), 0);
        await SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
        {
            var rank = group.LocalRanks.Single().Index;
            using var compiled = Compile(group, isRecorded: false, TimeSpan.FromMilliseconds(500));
            Assert.That(ResultsOf(compiled.Run(Tokens), rank), Is.EqualTo(expected));
            if (rank == 0) Assert.That(() => ResultsOf(compiled.Run(Tokens), 0), Throws.TypeOf<PeerTimeoutException>().With.Message.Contains("Rank 0 waited for rank 1"));
            else await SeveralMachines.Hear<PeerTimeoutException>(compiled.ThrowIfFailed, "Rank 0 waited for rank 1");
            compiled.Reset();
            Assert.That(ResultsOf(compiled.Run(Tokens), rank), Is.EqualTo(expected));
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(4).StartsWith("init"));
    }

    private static string RunGraph(RankGroup group, bool isRecorded)
    {
        using var compiled = Compile(group, isRecorded, Longest);
        compiled.Run(Tokens);
        return ResultsOf(compiled.Run(Tokens), group.LocalRanks[0].Index);
    }

    private static CompiledGraph Compile(RankGroup group, bool isRecorded, TimeSpan timeout)
    {
        const int Columns = 24;
        var b = new GraphBuilder("g");
        var x = b.Input("x", Columns, ElementType.Float32);
        var (indices, values) = x.AllReduce().Add(x).TopK(5);
        b.Output("indices", indices);
        b.Output("values", values);
        var graph = b.Output("all", x.AllGatherColumns(2)).Build();
        var compiled = graph.Compile(group, new() { MaxTokens = Tokens, Buckets = isRecorded ? [Tokens] : null, Timeout = timeout });
        foreach (var rank in group.LocalRanks)
            compiled.SetInput<float>(rank.Index, "x", [.. Enumerable.Range(0, Tokens * Columns).Select(i => ((i * 7) % 31) - (4f * rank.Index))]);
        return compiled;
    }

    private static string ResultsOf(GraphRun run, int rank) =>
        $"{string.Join(' ', run.Read<int>(rank, "indices"))}; {string.Join(' ', run.Read<float>(rank, "values"))}; {string.Join(' ', run.Read<float>(rank, "all"))}";

    private static async Task Compare(int ranks, CollectivesOptions? options, params CollectiveOfATest[] calls)
    {
        var expected = calls.Select(call => call.Expected(ranks)).ToArray();
        await SeveralMachines.Together(ranks, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
        {
            using var operation = new Collectives(group, options);
            for (var i = 0; i < calls.Length; i++)
                Assert.That(calls[i].Run(group, operation), Is.EqualTo(expected[i][group.LocalRanks[0].Index]), $"{calls[i]}");
            operation.ThrowIfFailed();
            return Task.CompletedTask;
        });
        Assert.That(Emulator.Faults, Is.Empty);
    }

    private static void Check(RankGroup group, Collectives operation) =>
        Assert.That(Each[0].Run(group, operation), Is.EqualTo(Each[0].Expected(group.WorldSize)[group.LocalRanks.Single().Index]));
}
