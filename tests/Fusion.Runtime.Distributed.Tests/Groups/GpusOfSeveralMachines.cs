using System.Diagnostics;
using Fusion.Emulation;
using Fusion.Graph;
using Fusion.Interop.Nccl;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Ranks that say they are on machines of their own: emulated GPUs of this process, which share no memory, and an NCCL that is written
/// for tests.</summary>
[NonParallelizable]
public sealed class GpusOfSeveralMachines
{
    private const int Hidden = 64, Tokens = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(false)]
    [TestCase(true)]
    public async Task GetTheBitsOfTheReference(bool isPrepared)
    {
        using var alone = RankGroup.OnCpu(2);
        var expected = new byte[2][];
        using (var reference = new AllReduce(alone, Options()))
        {
            var calls = alone.Ranks.Select(rank => new CallOfATest(rank)).ToArray();
            foreach (var call in calls) reference.Launch(call.Rank.Index, call.Value);
            foreach (var call in calls) expected[call.Rank.Index] = call.Results;
        }

        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(library, async group =>
        {
            var rank = group.LocalRanks.Single();
            Assert.That((group.Topology, group.WorldSize), Is.EqualTo((GroupTopology.Machines, 2)));
            using var operation = new AllReduce(group, Options());
            var call = new CallOfATest(rank);
            var prepared = isPrepared ? operation.Prepare(rank.Index, call.Value) : null;
            for (var i = 0; i < 3; i++)
            {
                if (prepared is null) operation.Launch(rank.Index, call.Value);
                else prepared.Launch();
                await operation.SynchronizeAsync(rank.Index, null);
                Assert.That(call.Results, Is.EqualTo(expected[rank.Index]).And.Not.All.Zero);
            }

            Assert.That(operation.WorkspaceBytes, Is.Zero);
            operation.ThrowIfFailed();
        });
        Assert.That(Emulator.Faults, Is.Empty);
        Assert.That(FakeNccl.Calls, Has.Exactly(6).StartsWith("all-reduce").And.Exactly(2).StartsWith("init"));
    }

    [Test]
    public async Task ShareOneNcclBetweenTheirOperations()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(library, group =>
        {
            using var first = new AllReduce(group, Options());
            using var second = new AllReduce(group, Options() with { MaxTokens = 1 });
            Sum(group, first);
            Sum(group, second, tokens: 1);
            Assert.That(first.Options.Library, Is.Null, "what the caller said stays");
            return Task.CompletedTask;
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(2).StartsWith("init").And.Exactly(2).StartsWith("destroy").And.None.StartsWith("abort"));
    }

    [Test]
    public async Task TakeTheLibraryThatTheyAreGiven()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(null, group =>
        {
            using var nccl = new NcclAllReduce(group, library, 0);
            using var operation = new AllReduce(group, Options() with { Library = nccl });
            Sum(group, operation);
            return Task.CompletedTask;
        });
    }

    [Test]
    public Task MustAllBeGivenALibraryOrNone() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        var library = new NoSum();
        Assert.That(() => new AllReduce(group, Options() with { Library = group.LocalRanks[0].Index == 0 ? library : null }),
            Throws.TypeOf<RankGroupException>().With.Message.Contains("FUSION4004").And.Message.Contains("library: NoSum on rank 0, none given on rank 1"));
        return Task.CompletedTask;
    });

    [Test]
    public Task SayThatTheyNeedNccl() => Together(null, group =>
    {
        group.MakeNccl = ranks => new(ranks, "/nowhere");
        Assert.That(() => new AllReduce(group, Options()), Throws.TypeOf<NcclException>().With.Message.StartsWith("FUSION4010").And.Message.Contains("install libnccl2 for all of them"));
        return Task.CompletedTask;
    });

    [TestCase(AllReduceStrategy.OneShot, "one-shot")]
    [TestCase(AllReduceStrategy.TwoShot, "two-shot")]
    public Task RefuseStrategiesThatExchangeThroughMemory(AllReduceStrategy strategy, string name) => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        using var operation = new AllReduce(group, Options() with { Policy = AllReducePolicy.WithLimits(long.MaxValue) });
        var rank = group.LocalRanks.Single();
        var call = new CallOfATest(rank);
        Assert.That(() => operation.Launch(rank.Index, null, call.Value, strategy), Throws.TypeOf<FusionArgumentException>()
            .With.Message.StartsWith("FUSION3004").And.Message.Contains($"{name} was asked for, but the ranks do not all reach each other's memory"));
        var plan = operation.Plan(Tokens);
        Assert.That((plan.Strategy, plan.WorkspaceBytes, plan.Kernel), Is.EqualTo((AllReduceStrategy.Separate, 0L, "")));
        Assert.That(plan.Reason, Does.Contain("NCCL sums"));
        Sum(group, operation);
        return Task.CompletedTask;
    });

    [Test]
    public async Task EndTheSumsOfARankThatIsAloneAndNameWhoDidNotLaunch()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(library, async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(group, Options() with { Timeout = TimeSpan.FromSeconds(1) });
            for (var round = 0; round < 2; round++)
            {
                Sum(group, operation);
                if (rank.Index == 0)
                {
                    var clock = Stopwatch.StartNew();
                    operation.Launch(0, new CallOfATest(rank).Value);
                    var failure = await Assert.ThrowsAsync<PeerTimeoutException>(() => operation.SynchronizeAsync(0, null));
                    Assert.That((failure!.Rank, failure.Peer, failure.Call), Is.EqualTo((0, 1, 1L)));
                    Assert.That(failure.Message, Does.Contain("Rank 0 waited for rank 1 longer than 1 s: separate: the sum by NCCL, call 1."));
                    Assert.That(clock.Elapsed, Is.InRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(20)));
                    Assert.That(() => operation.Launch(0, new CallOfATest(rank).Value), Throws.TypeOf<ResetRequiredException>());
                }
                else
                {
                    await Hear<PeerTimeoutException>(operation, "Rank 0 waited for rank 1");
                }

                operation.Reset();
            }

            Sum(group, operation);
        });
        Assert.That(FakeNccl.Calls, Has.Exactly(6).StartsWith("init").And.Exactly(2).EqualTo("abort 1").And.Exactly(2).EqualTo("abort 2"));
    }

    [Test]
    public Task WaitForNoRankThatLaunchesInTime() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(group, Options() with { Timeout = TimeSpan.FromSeconds(20) });
        var call = new CallOfATest(rank);
        for (var i = 0; i < 5; i++)
        {
            if (rank.Index == 1) await Task.Delay(60);
            operation.Launch(rank.Index, call.Value);
        }

        await operation.SynchronizeAsync(rank.Index, null);
        operation.ThrowIfFailed();
    });

    [Test]
    public async Task NameARankThatIsGoneWhileASumRuns()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(library, async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(group, Options() with { Timeout = Longest });
            Sum(group, operation);
            if (rank.Index == 1)
            {
                await Task.Delay(200);
                // Leaves as a process that ends.
                ((IDisposable)group.Connection!).Dispose();
                return;
            }

            operation.Launch(0, new CallOfATest(rank).Value);
            var clock = Stopwatch.StartNew();
            Assert.That(Assert.Throws<PeerGoneException>(() => operation.Synchronize(0))!.Rank, Is.EqualTo(1));
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        });
    }

    // NCCL sees the end of a process before the group hears of it.
    [Test]
    public async Task NameARankThatIsGoneWhenNcclFailsFirst()
    {
        await Together(NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(group, Options() with { Timeout = Longest });
            Sum(group, operation);
            if (rank.Index == 1)
            {
                await Task.Delay(100);
                ((IDisposable)group.Connection!).Dispose();
                return;
            }

            FakeNccl.Failing = "all-reduce";
            Assert.That(Assert.Throws<PeerGoneException>(() => operation.Launch(0, new CallOfATest(rank).Value))!.Rank, Is.EqualTo(1));
        });
    }

    [Test]
    public Task SayHowNcclFailedWhereAllRanksAreThere() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(group, Options() with { Timeout = Longest });
        Sum(group, operation);
        if (rank.Index == 0)
        {
            FakeNccl.Failing = "all-reduce";
            Assert.That(() => operation.Launch(0, new CallOfATest(rank).Value), Throws.TypeOf<NcclException>().With.Message.StartsWith("FUSION4011: ncclAllReduce"));
            FakeNccl.Failing = "";
        }
        else
        {
            // Does not end the group while the other one asks.
            await Task.Delay(1500);
        }
    });

    [Test]
    public Task SayWhichCallsMet() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), async group =>
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(group, Options() with { Timeout = Longest });
        var call = new CallOfATest(rank);
        operation.Launch(rank.Index, rank.Index == 0 ? call.Value : new() { Input = call.Value.Input, AllReduceOut = call.Value.AllReduceOut });
        await Hear<RankGroupException>(operation, "In call 0, norm: Rms on rank 0, but None on rank 1");
        operation.Reset();
        Sum(group, operation);
    });

    [Test]
    public Task GoOnWhenTheProgramAbortsNccl() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        var rank = group.LocalRanks.Single();
        using var nccl = group.MakeNccl(group);
        using var operation = new AllReduce(group, Options() with { Library = nccl, Timeout = Longest });
        if (rank.Index == 0)
        {
            operation.Launch(0, new CallOfATest(rank).Value);
            nccl.Abort();
            Assert.That(() => operation.Synchronize(0), Throws.TypeOf<NcclException>().With.Message.Contains("NCCL was aborted while call 0 of rank 0 ran"));
        }

        operation.Reset();
        Sum(group, operation);
        return Task.CompletedTask;
    });

    [Test]
    public Task EndWhenAnOperationIsDisposedThatAnotherRankDoesNotCall() => Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
    {
        var rank = group.LocalRanks.Single();
        var operation = new AllReduce(group, Options() with { Timeout = Longest });
        if (rank.Index == 0) operation.Launch(0, new CallOfATest(rank).Value);
        var clock = Stopwatch.StartNew();
        operation.Dispose();
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        // Both make the next one: what one of them aborted is of no use to the other.
        using var next = new AllReduce(group, Options());
        Sum(group, next);
        return Task.CompletedTask;
    });

    [TestCase(true)]
    [TestCase(false)]
    public async Task RunCompiledGraphs(bool isRecorded)
    {
        using var alone = RankGroup.OnCpu(2);
        var expected = RunGraph(alone, isRecorded, rank => rank + 1);
        await Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group =>
        {
            Assert.That(RunGraph(group, isRecorded, rank => rank + 1), Is.EqualTo(expected));
            return Task.CompletedTask;
        });
        Assert.That(FakeNccl.Calls, Has.Some.StartsWith(isRecorded ? "recorded all-reduce" : "all-reduce"));
    }

    [Test]
    public async Task CannotGoOnWithRecordedSumsOfAnNcclThatWasAborted()
    {
        using var isDone = new Barrier(2);
        await Together(NcclLibrary.Of(new FakeNccl(waits: 1)), group => AbortBehindAGraph(group, isDone));
    }

    private static Task AbortBehindAGraph(RankGroup group, Barrier isDone)
    {
        var rank = group.LocalRanks.Single();
        NcclAllReduce? nccl = null;
        var make = group.MakeNccl;
        group.MakeNccl = ranks => nccl = make(ranks);
        using var operation = new AllReduce(group, Options());
        var call = new CallOfATest(rank).Value;
        using (var graph = GpuGraph.Capture(rank.Stream!, () => operation.Launch(rank.Index, call)))
        {
            graph.Launch(rank.Stream!);
            operation.Synchronize(rank.Index);
        }

        isDone.SignalAndWait();
        if (rank.Index == 0) nccl!.Abort();
        Assert.That(operation.Reset, Throws.TypeOf<NcclException>().With.Message.Contains("CUDA graphs have calls of it"));
        operation.Dispose();
        using var next = new AllReduce(group, Options());
        Sum(group, next);
        return Task.CompletedTask;
    }

    [TestCase(true, "one", GroupTopology.Gpus)]
    [TestCase(true, "own", GroupTopology.Machines)]
    [TestCase(false, "one", GroupTopology.Machines)]
    public async Task AreThoseOfRanksThatDoNotShareMemory(bool sharesMemory, string machine, GroupTopology expected)
    {
        Emulator.Use(new() { Gpus = 2 });
        var address = Meeting.NewAddress();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(
                Meeting.Of(rank, 2, address) with { Device = rank, SharesMemory = sharesMemory || rank == 0, Machine = machine == "own" ? $"{rank}" : machine });
            Assert.That(group.Topology, Is.EqualTo(expected));
        })));
    }

    private static AllReduceOptions Options() => new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32 };

    private static void Sum(RankGroup group, AllReduce operation, int tokens = Tokens)
    {
        var rank = group.LocalRanks.Single();
        using var data = rank.Allocate<float>(tokens * Hidden);
        data.CopyFrom([.. Enumerable.Range(0, tokens * Hidden).Select(i => (float)i)]);
        var tensor = data.AsTensor(tokens, Hidden);
        operation.Launch(rank.Index, new() { Input = tensor, AllReduceOut = tensor });
        operation.Synchronize(rank.Index);
        var sums = new float[tokens * Hidden];
        data.CopyTo(sums);
        Assert.That(sums, Is.EqualTo(Enumerable.Range(0, tokens * Hidden).Select(i => 2f * i)));
    }

    private static Task Hear<T>(AllReduce operation, string message)
        where T : FusionException => SeveralMachines.Hear<T>(operation.ThrowIfFailed, message);

    private static float[] RunGraph(RankGroup group, bool isRecorded, Func<int, float> factor)
    {
        var b = new GraphBuilder("g");
        var sum = b.Input("x", Hidden, ElementType.Float32).AllReduce().Add(b.Input("r", Hidden, ElementType.Float32));
        var graph = b.Output("y", sum.RmsNorm(b.Weight("gamma", Hidden, ElementType.Float32), 1e-5f)).Build();
        using var compiled = graph.Compile(group, new() { MaxTokens = Tokens, Buckets = isRecorded ? [Tokens] : null });
        var numbers = Enumerable.Range(0, Tokens * Hidden).Select(i => (i % 37) - 11f).ToArray();
        foreach (var rank in group.LocalRanks)
        {
            compiled.SetWeight<float>(rank.Index, "gamma", numbers.AsSpan(0, Hidden));
            compiled.SetInput<float>(rank.Index, "x", [.. numbers.Select(number => number * factor(rank.Index))]);
            compiled.SetInput<float>(rank.Index, "r", numbers);
        }

        compiled.Run(Tokens);
        return compiled.Run(Tokens).Read<float>(group.LocalRanks[0].Index, "y");
    }

    private static Task Together(NcclLibrary? library, Func<RankGroup, Task> work) => SeveralMachines.Together(2, library, work);

    private sealed class NoSum : ILibraryAllReduce
    {
        public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output) => throw new NotSupportedException();
    }

    /// <summary>Residual, RMSNorm and FP8 of a rank, whose input is the same on all.</summary>
    private sealed class CallOfATest
    {
        private readonly RankBuffer<float> sum;
        private readonly RankBuffer<byte> codes;
        private readonly RankBuffer<float> scales;

        public CallOfATest(Rank rank)
        {
            Rank = rank;
            var input = rank.Allocate<float>(Tokens * Hidden);
            var residual = rank.Allocate<float>(Tokens * Hidden);
            var gamma = rank.Allocate<float>(Hidden);
            sum = rank.Allocate<float>(Tokens * Hidden);
            codes = rank.Allocate<byte>(Tokens * Hidden);
            scales = rank.Allocate<float>(Tokens);
            input.CopyFrom([.. Enumerable.Range(0, Tokens * Hidden).Select(i => MathF.Sin(i))]);
            residual.CopyFrom([.. Enumerable.Range(0, Tokens * Hidden).Select(i => MathF.Cos(i))]);
            gamma.CopyFrom([.. Enumerable.Range(0, Hidden).Select(i => 1 + (i / 100f))]);
            sum.Clear();
            codes.Clear();
            scales.Clear();
            Value = new()
            {
                Input = input.AsTensor(Tokens, Hidden),
                Residual = residual.AsTensor(Tokens, Hidden),
                AllReduceOut = sum.AsTensor(Tokens, Hidden),
                Norm = Normalization.Rms(gamma.AsTensor(1, Hidden), 1e-5f),
                Quantization = Quantization.PerTokenFp8(),
                QuantOut = codes.AsTensor(ElementType.Float8E4M3, Tokens, Hidden),
                ScaleOut = scales.AsTensor(Tokens, 1),
            };
        }

        public Rank Rank { get; }

        public AllReduceCall Value { get; }

        public byte[] Results
        {
            get
            {
                var (sums, found, scale) = (new float[Tokens * Hidden], new byte[Tokens * Hidden], new float[Tokens]);
                sum.CopyTo(sums);
                codes.CopyTo(found);
                scales.CopyTo(scale);
                return [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(sums), .. found, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(scale)];
            }
        }
    }
}
