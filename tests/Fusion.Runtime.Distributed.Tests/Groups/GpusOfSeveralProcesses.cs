using System.Diagnostics.Tracing;
using Fusion.Emulation;
using Fusion.Runtime.Distributed.Ranks;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Ranks that join a group each by themselves, on emulated GPUs of this process: they know each other by the connection alone, and
/// map each other's workspaces.</summary>
[NonParallelizable]
public sealed class GpusOfSeveralProcesses
{
    private const int Hidden = 64, Tokens = 3;

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(true, "CUDA IPC")]
    [TestCase(false, "file descriptors")]
    public async Task ReduceTogether(bool allowsIpc, string way)
    {
        Emulator.Use(new() { Gpus = 2, AllowsIpc = allowsIpc });
        using var heard = new Heard();
        await Together(async group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32 });
            using var input = rank.Allocate<float>(Tokens * Hidden);
            using var output = rank.Allocate<float>(Tokens * Hidden);
            foreach (var strategy in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.OneShot })
            {
                input.CopyFrom([.. Enumerable.Range(0, Tokens * Hidden).Select(i => (float)(i + (1000 * rank.Index)))]);
                output.FillBytes(0xA5);
                operation.Launch(rank.Index, null, new() { Input = input.AsTensor(Tokens, Hidden), AllReduceOut = output.AsTensor(Tokens, Hidden) }, strategy);
                await operation.SynchronizeAsync(rank.Index);
                var sums = new float[Tokens * Hidden];
                output.CopyTo(sums);
                Assert.That(sums, Is.EqualTo(Enumerable.Range(0, Tokens * Hidden).Select(i => (2f * i) + 1000)));
            }
        });
        Assert.That(Emulator.Faults, Is.Empty);
        Assert.That(heard.Messages, Has.Some.Contains(way));
    }

    [Test]
    public void AreTriedUnderLoadWithBothStrategiesWhateverTheirNumber(
        [Values(2, 3, 4, 5, 6, 7, 8, 16)] int ranks, [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot)] AllReduceStrategy strategy)
    {
        using var group = RankGroup.OnCpu(ranks);
        var options = LoadedCheck.OptionsFor();
        using var operation = new AllReduce(group, options);
        Assert.That(operation.Plan(options.MaxTokens, default, strategy).Strategy, Is.EqualTo(strategy));
    }

    [Test]
    public Task AreRefusedWhereTheyDoNotReachEachOthersMemory()
    {
        Emulator.Use(new() { Gpus = 2, AllowsIpc = false });
        var address = Meeting.NewAddress();
        return Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(async () =>
        {
            using var connection = await GroupConnection.JoinAsync(Meeting.Of(rank, 2, address) with { SharesMemory = false }, CancellationToken.None);
            using var context = GpuContext.Open(rank);
            Assert.That(() => GpuSharing.Find(connection, context), Throws.TypeOf<RendezvousException>().With.Message.StartsWith("FUSION4017")
                .And.Message.Contains("Ipc: rank 0 says").And.Message.Contains("Descriptor: rank 0 says: the processes cannot pass descriptors")
                .And.Message.Contains("FUSION_SHARED_MEMORY=0 makes the group without"));
        })));
    }

    [Test]
    public void AreRefusedWhereARankHasNoGpu()
    {
        Emulator.Use(new() { Gpus = 1 });
        Assert.That(() => Together(_ => Task.CompletedTask), Throws.InstanceOf<FusionException>().With.Message.Contains("There is no GPU number 1"));
    }

    [Test]
    public Task HearOfARankThatDidNotComeAndGoOnAfterAReset()
    {
        Emulator.Use(new() { Gpus = 2 });
        return Together(HearAndGoOn);
    }

    [TestCase("tokens", "tokens: 3 on rank 0, but 2 on rank 1")]
    [TestCase("strategy", "strategy: OneShot on rank 0, but TwoShot on rank 1; exchange: OneShot on rank 0, but TwoShot on rank 1.")]
    [TestCase("norm", "norm: None on rank 0, but Rms on rank 1.")]
    public Task SayWhichCallsMetAndGoOnAfterAReset(string what, string difference)
    {
        Emulator.Use(new() { Gpus = 2 });
        return Together(group => SayWhichCallsMet(group, what, difference));
    }

    [Test]
    public Task SayOfACollectiveWhichCallsMet()
    {
        Emulator.Use(new() { Gpus = 2 });
        return Together(group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new Collectives(group, new() { Timeout = Longest });
            using var data = rank.Allocate<float>(128);
            data.Clear();
            if (rank.Index == 0) operation.ReduceScatterRows(0, data.AsTensor(4, 8), data.Slice(64).AsTensor(2, 8));
            else operation.AllGatherRows(1, data.AsTensor(2, 8), data.Slice(64).AsTensor(4, 8));
            Expect(operation.ThrowIfFailed, "In call 0, collective: reduce-scatter of rows on rank 0, but all-gather of rows on rank 1; rows: 4 on rank 0, but 2 on rank 1.");
            operation.Reset();
            operation.AllGatherRows(rank.Index, data.AsTensor(2, 8), data.Slice(64).AsTensor(4, 8));
            operation.Synchronize(rank.Index);
            return Task.CompletedTask;
        });
    }

    // A rank that left a call out waits for nothing: the others do, for its next call.
    [Test]
    public Task SayWhichCallARankLeftOut()
    {
        Emulator.Use(new() { Gpus = 2 });
        return Together(group =>
        {
            var rank = group.LocalRanks.Single();
            using var operation = new AllReduce(
                group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32, Timeout = Longest });
            using var data = rank.Allocate<float>(Tokens * Hidden);
            data.Clear();
            foreach (var tokens in rank.Index == 0 ? [3, 2, 1, 3] : new[] { 3, 1, 3 }) operation.Launch(rank.Index, CallOf(data, tokens));
            Expect(operation.ThrowIfFailed, "In call 1, tokens: 2 on rank 0, but 1 on rank 1.");
            operation.Reset();
            operation.Launch(rank.Index, CallOf(data, 3));
            operation.Synchronize(rank.Index);
            Assert.That(operation.ThrowIfFailed, Throws.Nothing);
            return Task.CompletedTask;
        });
    }

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private static AllReduceCall CallOf(RankBuffer<float> data, int tokens)
    {
        var tensor = data.AsTensor(Tokens, Hidden) with { Rows = tokens };
        return new() { Input = tensor, AllReduceOut = tensor };
    }

    private static async Task SayWhichCallsMet(RankGroup group, string what, string difference)
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(
            group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32, Timeout = Longest });
        using var data = rank.Allocate<float>(Tokens * Hidden);
        using var gamma = rank.Allocate<float>(Hidden);
        data.Clear();
        gamma.Clear();
        for (var round = 0; round < 2; round++)
        {
            for (var call = 0; call < 3; call++)
            {
                operation.Launch(rank.Index, CallOf(data, 1 + call));
                await operation.SynchronizeAsync(rank.Index);
            }

            var isOther = rank.Index == 1;
            var wrong = CallOf(data, isOther && what == "tokens" ? 2 : 3);
            if (isOther && what == "norm")
                wrong = wrong with { Norm = Normalization.Rms(gamma.AsTensor(ElementType.Float32, 1, Hidden), 1e-5f), NormOut = wrong.AllReduceOut, AllReduceOut = null };
            operation.Launch(rank.Index, null, wrong, isOther && what == "strategy" ? AllReduceStrategy.TwoShot : AllReduceStrategy.OneShot);
            Expect(operation.ThrowIfFailed, $"In call 3, {difference}");
            Assert.That(() => operation.Synchronize(rank.Index), Throws.TypeOf<RankGroupException>(), "the kernel that waited was told to give up");
            operation.Reset();
        }

        data.CopyFrom([.. Enumerable.Range(0, Tokens * Hidden).Select(i => (float)(i + rank.Index))]);
        operation.Launch(rank.Index, CallOf(data, Tokens));
        operation.Synchronize(rank.Index);
        var sums = new float[Tokens * Hidden];
        data.CopyTo(sums);
        Assert.That(sums, Is.EqualTo(Enumerable.Range(0, Tokens * Hidden).Select(i => (2f * i) + 1)));
    }

    // Well before the operation's own time is over.
    private static void Expect(Action throwIfFailed, string message)
    {
        for (var end = Deadline.After(TimeSpan.FromSeconds(15)); ; Thread.Sleep(5))
        {
            try
            {
                throwIfFailed();
                Assert.That(end.IsOver, Is.False, "no difference was found");
            }
            catch (RankGroupException e)
            {
                Assert.That(e.Message, Does.Contain($"FUSION4009: {message}"));
                Assert.That(e.Ranks, Is.EqualTo([0, 1]));
                return;
            }
        }
    }

    private static async Task HearAndGoOn(RankGroup group)
    {
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(
            group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32, Timeout = TimeSpan.FromSeconds(1) });
        using var data = rank.Allocate<float>(Tokens * Hidden);
        data.Clear();
        var call = new AllReduceCall { Input = data.AsTensor(Tokens, Hidden), AllReduceOut = data.AsTensor(Tokens, Hidden) };
        if (rank.Index == 0)
        {
            operation.Launch(0, call);
            Assert.That(Assert.Throws<PeerTimeoutException>(() => operation.Synchronize(0))!.Peer, Is.EqualTo(1));
        }
        else
        {
            // The other process tells this one.
            for (var end = Deadline.After(TimeSpan.FromSeconds(30)); ; await Task.Delay(10))
            {
                try
                {
                    operation.ThrowIfFailed();
                    Assert.That(end.IsOver, Is.False);
                }
                catch (PeerTimeoutException e)
                {
                    Assert.That((e.Rank, e.Peer), Is.EqualTo((0, 1)));
                    break;
                }
            }
        }

        operation.Reset();
        operation.Launch(rank.Index, call);
        operation.Synchronize(rank.Index);
    }

    private static async Task Together(Func<RankGroup, Task> work)
    {
        var address = Meeting.NewAddress();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(
                Meeting.Of(rank, 2, address) with { Device = rank, Timeout = TimeSpan.FromMinutes(1) });
            await work(group);
        })));
    }

    private sealed class Heard : EventListener
    {
        public List<string> Messages { get; } = [];

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "Fusion.Runtime") EnableEvents(eventSource, EventLevel.Informational);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            lock (this) Messages?.Add($"{eventData.Payload?[0]}");
        }
    }
}
