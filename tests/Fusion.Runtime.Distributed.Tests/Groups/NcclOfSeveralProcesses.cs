using Fusion.Emulation;
using Fusion.Interop.Nccl;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Ranks that join a group each by themselves and sum by NCCL: emulated GPUs of this process, and an NCCL that writes down how it is
/// called.</summary>
[NonParallelizable]
public sealed class NcclOfSeveralProcesses
{
    private const int Hidden = 64, Tokens = 3;

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(0)]
    [TestCase(3)]
    public async Task Sums(int waits)
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: waits));
        await Together(async group =>
        {
            var rank = group.LocalRanks.Single();
            using var nccl = new NcclAllReduce(group, library, 0);
            using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32, Library = nccl });
            using var data = rank.Allocate<float>(Tokens * Hidden);
            for (var call = 0; call < 3; call++)
            {
                data.CopyFrom([.. Enumerable.Range(0, Tokens * Hidden).Select(i => (float)(i + call))]);
                var tensor = data.AsTensor(Tokens, Hidden);
                operation.Launch(rank.Index, null, new() { Input = tensor, AllReduceOut = tensor }, AllReduceStrategy.Separate);
                await operation.SynchronizeAsync(rank.Index);
                var sums = new float[Tokens * Hidden];
                data.CopyTo(sums);
                Assert.That(sums, Is.EqualTo(Enumerable.Range(0, Tokens * Hidden).Select(i => 2f * (i + call))));
            }

            nccl.ThrowIfFailed();
            Assert.That(() => nccl.Launch(1 - rank.Index, rank.Stream!, default, default), Throws.TypeOf<NcclException>().With.Message.Contains("in another process"));
        });

        Assert.That(FakeNccl.Calls, Is.SupersetOf(new[] { "id", "init 0 of 2", "init 1 of 2", "finalize 1", "finalize 2", "destroy 1", "destroy 2" }));
        Assert.That(FakeNccl.Calls, Has.None.StartsWith("abort").And.Exactly(6).StartsWith("all-reduce"));
    }

    [TestCase("init 1 of 2", "Rank 1 cannot take part in NCCL's sums: ncclCommInitRankConfig of NCCL 2.27.3 returned 2")]
    [TestCase("id", "ncclGetUniqueId of NCCL 2.27.3 returned 2")]
    public async Task SayWhichOfThemFailed(string failing, string message)
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1, failing: failing));
        await Together(group =>
        {
            var failure = Assert.Throws<NcclException>(() => _ = new NcclAllReduce(group, library, 0));
            if (group.LocalRanks[0].Index == 0) Assert.That(failure!.Message, Does.Contain(message));
            return Task.CompletedTask;
        });
        if (failing != "id") Assert.That(FakeNccl.Calls, Is.SupersetOf(new[] { "abort 1", "abort 2" }), "nothing is left");
    }

    [Test]
    public async Task SayWhichOfThemHasNoNccl()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(group =>
        {
            if (group.LocalRanks[0].Index == 1) Assert.That(() => new NcclAllReduce(group, "/nowhere"), Throws.TypeOf<NcclException>().With.Message.Contains("/nowhere"));
            else Assert.That(() => new NcclAllReduce(group, library, 0), Throws.TypeOf<NcclException>().With.Message.Contains("Rank 1 cannot take part in NCCL's sums: ").And.Message.Contains("/nowhere"));
            return Task.CompletedTask;
        });
    }

    [Test]
    public async Task DoNotWaitLongerThanTheirTime()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: int.MaxValue));
        await Together(
            group =>
            {
                Assert.That(() => new NcclAllReduce(group, library, 0), Throws.TypeOf<NcclException>().With.Message.Contains("NCCL 2.27.3 waited 1 s to connect the ranks")
                    .Or.TypeOf<NcclException>().With.Message.Contains("cannot take part"));
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(1));
        Assert.That(FakeNccl.Calls, Is.SupersetOf(new[] { "abort 1", "abort 2" }));
    }

    [Test]
    public async Task AreAbortedWhenAnotherRankIsGone()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        var isMade = new Barrier(2);
        await Together(async group =>
        {
            var rank = group.LocalRanks.Single();
            var nccl = new NcclAllReduce(group, library, 0);
            isMade.SignalAndWait();
            if (rank.Index == 1)
            {
                // Leaves without a word to NCCL, as a process that ends.
                ((IDisposable)group.Connection!).Dispose();
                return;
            }

            for (var end = Deadline.After(TimeSpan.FromSeconds(20)); !FakeNccl.Calls.Contains("abort 1") && !end.IsOver;) await Task.Delay(5);
            Assert.That(nccl.ThrowIfFailed, Throws.TypeOf<PeerGoneException>());
            using var data = rank.Allocate<float>(Hidden);
            var tensor = data.AsTensor(1, Hidden);
            Assert.That(() => nccl.Launch(0, rank.Stream!, tensor, tensor), Throws.TypeOf<PeerGoneException>());
            nccl.Dispose();
        });
        Assert.That(FakeNccl.Calls, Does.Contain("abort 1"));
    }

    [Test]
    public async Task HaveNoWindows()
    {
        var library = NcclLibrary.Of(new FakeNccl(waits: 1));
        await Together(group =>
        {
            Assert.That(() => new NcclAllReduce(group, library, 1), Throws.TypeOf<NcclException>().With.Message.Contains("windows"));
            return Task.CompletedTask;
        });
    }

    [Test]
    public async Task NeedAnNcclThatDoesNotBlock()
    {
        var library = NcclLibrary.Of(new FakeNccl(version: 21000));
        await Together(group =>
        {
            Assert.That(() => new NcclAllReduce(group, library, 0), Throws.TypeOf<NcclException>().With.Message.Contains("2.14"));
            return Task.CompletedTask;
        });
    }

    private static async Task Together(Func<RankGroup, Task> work, TimeSpan? timeout = null)
    {
        Emulator.Use(new() { Gpus = 2 });
        var address = Meeting.NewAddress();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(Meeting.Of(rank, 2, address) with { Device = rank, Timeout = timeout ?? TimeSpan.FromMinutes(1) });
            await work(group);
        })));
    }
}
