using System.Collections.Immutable;
using System.Diagnostics;
using Fusion.Emulation;
using Fusion.Graph;
using Fusion.Interop.Nccl;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Ranks of which several are on each machine, as they say, and that sum in two levels: emulated GPUs of this process, and an NCCL that is
/// written for tests.</summary>
[NonParallelizable]
public sealed class TwoLevelsOfSeveralMachines
{
    private const int Hidden = 64;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    [SetUp]
    public void MakeNccl() => NcclAllReduce.InPlaceOfTheInstalled = NcclLibrary.Of(new FakeNccl(waits: 1));

    [TearDown]
    public void Leave()
    {
        NcclAllReduce.InPlaceOfTheInstalled = null;
        Emulator.Leave();
    }

    [TestCase(2, 2)]
    [TestCase(3, 2)]
    [TestCase(2, 3)]
    public async Task HaveTheBitsOfTheirOrder(int machines, int ranksOfEach)
    {
        // 72 elements are 9 octets, which 2 ranks cannot share.
        foreach (var (type, hidden, tokens) in new[]
        {
            (ElementType.BFloat16, 72, 1), (ElementType.BFloat16, 72, 3), (ElementType.Float16, 64, 5), (ElementType.Float32, 8, 1), (ElementType.Float32, 1032, 2),
        })
        {
            var shape = new TwoLevelShape(machines, ranksOfEach, type, hidden, tokens, TwoLevelEpilogue.Usual);
            await Together(shape, (group, rank) =>
            {
                using var operation = new AllReduce(group, Options(shape));
                Assert.That(operation.Plan(tokens).Strategy, Is.EqualTo(AllReduceStrategy.TwoLevel));
                using var call = new TwoLevelCall(shape, rank);
                for (var round = 0; round < 3; round++) Check(operation, rank, call, shape, round);
                return Task.CompletedTask;
            });
            Assert.That(Emulator.Faults, Is.Empty);
            Emulator.Leave();
        }

        Assert.That(FakeNccl.Calls, Has.None.StartsWith("abort").And.Some.StartsWith($"init 0 of {machines}").And.None.Contains($"of {machines * ranksOfEach}"));
    }

    [Test]
    public Task DoAllThatFollowsASum()
    {
        var epilogues = EveryQuantization.Of(Hidden, 8, 64).Select(quantization => new TwoLevelEpilogue(true, NormKind.Rms, quantization))
            .Concat(Enum.GetValues<NormKind>().Select(norm => new TwoLevelEpilogue(false, norm, default)))
            .Concat([TwoLevelEpilogue.None with { HasResidual = true }, TwoLevelEpilogue.None with { IsInPlace = true }]).ToArray();
        var shapes = epilogues.Select(epilogue => new TwoLevelShape(2, 2, ElementType.BFloat16, Hidden, 3, epilogue)).ToArray();
        return Together(shapes[0], (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shapes[0]));
            foreach (var shape in shapes)
            {
                using var call = new TwoLevelCall(shape, rank);
                Check(operation, rank, call, shape, 1);
            }

            return Task.CompletedTask;
        });
    }

    [Test]
    public Task DoLargeCallsInPieces()
    {
        var shape = new TwoLevelShape(2, 2, ElementType.Float32, 520, 7, TwoLevelEpilogue.Usual);
        return Together(shape, (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape) with { WorkspaceLimitBytes = 2304 });
            Assert.That((operation.WorkspaceBytes, operation.Plan(shape.Tokens).Pieces), Is.EqualTo((2304L, 7)));
            using var call = new TwoLevelCall(shape, rank);
            for (var round = 0; round < 2; round++) Check(operation, rank, call, shape, round);
            return Task.CompletedTask;
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public Task LaunchWhatIsPreparedAndReplayWhatIsRecorded(bool isRecorded)
    {
        var shape = new TwoLevelShape(2, 2, ElementType.BFloat16, 72, 3, TwoLevelEpilogue.Usual);
        return Together(shape, (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape));
            using var call = new TwoLevelCall(shape, rank);
            var prepared = operation.Prepare(rank.Index, call.Value);
            Assert.That(prepared.Plan.Exchange, Is.EqualTo(AllReduceStrategy.TwoLevel));
            using var graph = isRecorded ? GpuGraph.Capture(rank.Stream!, () => prepared.Launch()) : null;
            for (var round = 0; round < 4; round++)
            {
                call.Begin(rank.Index, round);
                if (graph is null) prepared.Launch();
                else graph.Launch(rank.Stream!);
                operation.Synchronize(rank.Index);
                Assert.That(call.Results(), Is.EqualTo(shape.Expected(round)));
            }

            return Task.CompletedTask;
        });
    }

    [Test]
    public Task ShareTheirRailsAndSumByEitherName()
    {
        var shape = new TwoLevelShape(2, 2, ElementType.Float32, Hidden, 2, TwoLevelEpilogue.None);
        return Together(shape, (group, rank) =>
        {
            using var first = new AllReduce(group, Options(shape));
            using var second = new AllReduce(group, Options(shape));
            using var call = new TwoLevelCall(shape, rank);
            foreach (var (operation, strategy) in new (AllReduce, AllReduceStrategy?)[]
            {
                (first, null), (second, AllReduceStrategy.TwoLevel), (first, AllReduceStrategy.Separate),
            })
            {
                call.Begin(rank.Index, 5);
                operation.Launch(rank.Index, null, call.Value, strategy);
                operation.Synchronize(rank.Index);
                Assert.That(call.Results(), Is.EqualTo(shape.Expected(5)));
            }

            foreach (var other in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot })
                Assert.That(() => first.Launch(rank.Index, null, call.Value, other), Throws.TypeOf<FusionArgumentException>().With.Message.StartsWith("FUSION3004"));
            Assert.That(FakeNccl.Calls.Count(one => one.StartsWith("init", StringComparison.Ordinal)), Is.EqualTo(4));
            return Task.CompletedTask;
        });
    }

    [Test]
    public Task TakeTheNcclThatTheyAreGivenAndNoOtherLibrary()
    {
        NcclAllReduce.InPlaceOfTheInstalled = null;
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        var shape = new TwoLevelShape(2, 2, ElementType.Float32, Hidden, 2, TwoLevelEpilogue.Usual);
        return Together(shape, (group, rank) =>
        {
            Assert.That(() => new AllReduce(group, Options(shape) with { Library = new NoSum() }), Throws.TypeOf<FusionArgumentException>()
                .With.Message.StartsWith("FUSION3001: Library of the all-reduce is NoSum, with TwoLevel; allowed is an NcclAllReduce of the group, or null"));
            using var nccl = new NcclAllReduce(group, library, 0);
            using var operation = new AllReduce(group, Options(shape) with { Library = nccl });
            using var call = new TwoLevelCall(shape, rank);
            Check(operation, rank, call, shape, 0);
            return Task.CompletedTask;
        });
    }

    // Ops beyond the limit of a size ask for separate kernels.
    [TestCase(true)]
    [TestCase(false)]
    public async Task RunCompiledGraphs(bool isLimited)
    {
        using var alone = RankGroup.OnCpu(4);
        var expected = RunGraph(alone, isLimited);
        await SeveralMachines.Together([0, 0, 1, 1], null, group =>
        {
            Assert.That(RunGraph(group, isLimited), Is.EqualTo(expected));
            return Task.CompletedTask;
        });
        Assert.That(FakeNccl.Calls, Has.Some.StartsWith("recorded all-reduce").And.Some.StartsWith("init 1 of 2").And.None.Contains("of 4"));
    }

    [Test]
    public Task AreRefusedWhereMachinesHaveDifferentNumbersOfRanks() => SeveralMachines.Together([0, 0, 1], null, group =>
    {
        Assert.That(() => new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 1, TwoLevel = true }), Throws.TypeOf<FusionArgumentException>()
            .With.Message.StartsWith("FUSION3001").And.Message.Contains("TwoLevel of the all-reduce is true, but the machines have 2 ranks (0, 1) and 1 rank (2)")
            .And.Message.Contains("start as many on each"));
        return Task.CompletedTask;
    });

    [Test]
    public Task MustBeAskedForByAllRanks() => SeveralMachines.Together([0, 0, 1, 1], null, group =>
    {
        Assert.That(() => new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 1, TwoLevel = group.LocalRanks[0].Index != 2 }),
            Throws.TypeOf<RankGroupException>().With.Message.StartsWith("FUSION4004").And.Message.Contains("ranks of a machine in two levels: 2 on rank 0, 0 on rank 2"));
        return Task.CompletedTask;
    });

    [Test]
    public Task AreOneWhereEachMachineHasOneRank() => SeveralMachines.Together(2, NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 1, TwoLevel = true });
        var plan = operation.Plan(1);
        Assert.That((plan.Strategy, operation.WorkspaceBytes), Is.EqualTo((AllReduceStrategy.Separate, 0L)));
        Assert.That(plan.Reason, Does.Contain("with one rank on each machine there is one, NCCL's"));
        return Task.CompletedTask;
    });

    [Test]
    public Task AreNotWhatRanksDoUnasked()
    {
        var shape = new TwoLevelShape(2, 2, ElementType.Float32, Hidden, 1, TwoLevelEpilogue.None);
        return Together(shape, (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape) with { TwoLevel = false });
            Assert.That(operation.Plan(1).Strategy, Is.EqualTo(AllReduceStrategy.Separate));
            using var call = new TwoLevelCall(shape, rank);
            Assert.That(() => operation.Launch(rank.Index, null, call.Value, AllReduceStrategy.TwoLevel),
                Throws.TypeOf<FusionArgumentException>().With.Message.Contains("set AllReduceOptions.TwoLevel"));
            return Task.CompletedTask;
        });
    }

    // The other ranks of its machine wait in their exchange, those of the other machine in NCCL.
    [TestCase(0)]
    [TestCase(3)]
    public Task NameARankThatDidNotLaunchAndGoOnAfterAReset(int late)
    {
        var shape = new TwoLevelShape(2, 2, ElementType.BFloat16, Hidden, 2, TwoLevelEpilogue.Usual);
        return Together(shape, async (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape) with { Timeout = TimeSpan.FromSeconds(1) });
            using var call = new TwoLevelCall(shape, rank);
            for (var round = 0; round < 2; round++)
            {
                Check(operation, rank, call, shape, round);
                var clock = Stopwatch.StartNew();
                if (rank.Index == late)
                {
                    await SeveralMachines.Hear<PeerTimeoutException>(operation.ThrowIfFailed, $"waited for rank {late} longer than 1 s: two-level");
                }
                else
                {
                    call.Begin(rank.Index, round);
                    operation.Launch(rank.Index, call.Value);
                    var failure = Assert.Throws<PeerTimeoutException>(() => operation.Synchronize(rank.Index));
                    Assert.That(failure!.Message, Does.Contain($"waited for rank {late} longer than 1 s: two-level"));
                    Assert.That(() => operation.Launch(rank.Index, call.Value), Throws.TypeOf<ResetRequiredException>());
                }

                Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
                operation.Reset();
            }

            Check(operation, rank, call, shape, 7);
        });
    }

    // NCCL's sum of ranks 1 and 3 ends, but rank 1 waited for rank 0 in vain and had nothing to sum. Only rank 3 looks for failures before rank 2
    // gives up too.
    [Test]
    public async Task WriteNothingWhereARankOfAnotherMachineGaveUp()
    {
        var shape = new TwoLevelShape(2, 2, ElementType.Float32, Hidden, 2, TwoLevelEpilogue.None);
        using var isReady = new Barrier(4);
        await Together(shape, async (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape) with { Timeout = TimeSpan.FromSeconds(2) });
            using var call = new TwoLevelCall(shape, rank);
            Check(operation, rank, call, shape, 0);
            call.Begin(rank.Index, 1);
            isReady.SignalAndWait(Longest);
            if (rank.Index >= 2) await Task.Delay(1000);
            if (rank.Index > 0) operation.Launch(rank.Index, call.Value);
            if (rank.Index == 3)
            {
                var failure = Assert.Throws<PeerTimeoutException>(() => operation.Synchronize(3));
                Assert.That((failure!.Rank, failure.Peer), Is.EqualTo((1, 0)));
                Assert.That(call.Results(), Is.All.EqualTo(0xA5));
            }
            else
            {
                await Task.Delay(3500);
            }

            Assert.That(isReady.SignalAndWait(TimeSpan.FromSeconds(20)));
            operation.Reset();
            Check(operation, rank, call, shape, 2);
        });
    }

    [TestCase(0)]
    [TestCase(2)]
    public async Task NameARankThatIsGone(int gone)
    {
        var shape = new TwoLevelShape(2, 2, ElementType.BFloat16, Hidden, 2, TwoLevelEpilogue.Usual);
        for (var time = 0; time < 4; time++)
        {
            using var isDone = new Barrier(4);
            NcclAllReduce.InPlaceOfTheInstalled = NcclLibrary.Of(new FakeNccl(waits: 1));
            await Together(shape, async (group, rank) =>
            {
                using var operation = new AllReduce(group, Options(shape) with { Timeout = Longest });
                using var call = new TwoLevelCall(shape, rank);
                Check(operation, rank, call, shape, 0);
                isDone.SignalAndWait(Longest);
                if (rank.Index == gone)
                {
                    await Task.Delay(100 * time);
                    // Leaves as a process that ends.
                    ((IDisposable)group.Connection!).Dispose();
                    return;
                }

                var clock = Stopwatch.StartNew();
                call.Begin(rank.Index, 1);
                var failure = Assert.Throws<PeerGoneException>(() =>
                {
                    operation.Launch(rank.Index, call.Value);
                    operation.Synchronize(rank.Index);
                });
                Assert.That(failure!.Rank, Is.EqualTo(gone));
                Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
            });
        }
    }

    [Test]
    public Task SayWhichCallsMet()
    {
        var shape = new TwoLevelShape(2, 2, ElementType.BFloat16, Hidden, 2, TwoLevelEpilogue.Usual);
        return Together(shape, async (group, rank) =>
        {
            using var operation = new AllReduce(group, Options(shape) with { Timeout = Longest });
            using var call = new TwoLevelCall(shape, rank);
            call.Begin(rank.Index, 0);
            operation.Launch(rank.Index, rank.Index != 3 ? call.Value : new() { Input = call.Value.Input, AllReduceOut = call.Value.AllReduceOut });
            await SeveralMachines.Hear<RankGroupException>(operation.ThrowIfFailed, "In call 0, norm: Rms on rank");
            operation.Reset();
            Check(operation, rank, call, shape, 1);
        });
    }

    private static AllReduceOptions Options(TwoLevelShape shape) =>
        new() { HiddenSize = shape.Hidden, MaxTokens = shape.Tokens, DataType = shape.Type, TwoLevel = true };

    private static void Check(AllReduce operation, Rank rank, TwoLevelCall call, TwoLevelShape shape, int round)
    {
        call.Begin(rank.Index, round);
        operation.Launch(rank.Index, call.Value);
        operation.Synchronize(rank.Index);
        Assert.That(call.Results(), Is.EqualTo(shape.Expected(round)), $"{shape}, round {round}");
    }

    // Whole numbers, whose sums are exact in any order.
    private static float[] RunGraph(RankGroup group, bool isLimited)
    {
        const int Tokens = 3;
        var b = new GraphBuilder("g");
        var sum = b.Input("x", Hidden, ElementType.Float32).AllReduce().Add(b.Input("r", Hidden, ElementType.Float32));
        var graph = b.Output("y", sum.RmsNorm(b.Weight("gamma", Hidden, ElementType.Float32), 1e-5f)).Build();
        var passes = isLimited ? new FusionPassConfig { MaxSizeMb = ImmutableSortedDictionary<int, double>.Empty.Add(4, 0) } : null;
        using var compiled = graph.Compile(group, new() { MaxTokens = Tokens, Buckets = [Tokens], TwoLevel = true, Passes = passes });
        var numbers = Enumerable.Range(0, Tokens * Hidden).Select(i => (i % 37) - 11f).ToArray();
        foreach (var rank in group.LocalRanks)
        {
            compiled.SetWeight<float>(rank.Index, "gamma", numbers.AsSpan(0, Hidden));
            compiled.SetInput<float>(rank.Index, "x", [.. numbers.Select(number => number * (rank.Index + 1))]);
            compiled.SetInput<float>(rank.Index, "r", numbers);
        }

        compiled.Run(Tokens);
        return compiled.Run(Tokens).Read<float>(group.LocalRanks[0].Index, "y");
    }

    private sealed class NoSum : ILibraryAllReduce
    {
        public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output) => throw new NotSupportedException();
    }

    private static Task Together(TwoLevelShape shape, Func<RankGroup, Rank, Task> work) => SeveralMachines.Together(
        [.. Enumerable.Range(0, shape.Machines * shape.RanksOfEach).Select(rank => rank / shape.RanksOfEach)], null,
        group => work(group, group.LocalRanks.Single()));
}
