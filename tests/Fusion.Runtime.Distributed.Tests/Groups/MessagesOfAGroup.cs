using System.Diagnostics;
using System.Text;
using Fusion.Runtime.Distributed.Ranks;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Small messages between the processes of a group.</summary>
public sealed class MessagesOfAGroup
{
    [Test]
    public Task ComeInTheOrderOfTheRanks() => Meeting.Together(3, group =>
    {
        var messages = GroupMessages.Of(group)!;
        var rank = group.LocalRanks.Single().Index;
        for (var i = 0; i < 200; i++)
        {
            var parts = messages.Gather(Encoding.UTF8.GetBytes($"{rank}: {i}"));
            Assert.That(parts.Select(Encoding.UTF8.GetString), Is.EqualTo([$"0: {i}", $"1: {i}", $"2: {i}"]));
        }

        // Another instance goes on where the first one was, and parts may be empty, or as large as they may be.
        var large = new byte[GroupMessages.LargestPart];
        new System.Random(rank).NextBytes(large);
        var last = GroupMessages.Of(group)!.Gather(rank == 1 ? large : []);
        Assert.That(last.Select(part => part.Length), Is.EqualTo([0, large.Length, 0]));
        if (rank == 1) Assert.That(last[1], Is.EqualTo(large));
        Assert.That(() => messages.Gather(new byte[GroupMessages.LargestPart + 1]), Throws.ArgumentException);
    });

    // Each rank takes leave as soon as it has the parts, while some of the others still read them and what they sent is on its way.
    [TestCase(false)]
    [TestCase(true)]
    public async Task ReachTheLastReaderWhenTheOthersAlreadyLeft(bool overTcp)
    {
        const int Ranks = 6;
        for (var round = 0; round < 15; round++)
        {
            var address = overTcp ? RendezvousAddress.Tcp("127.0.0.1", Meeting.FreePort()) : Meeting.NewAddress();
            await Meeting.Together(Ranks, group =>
            {
                var own = new byte[GroupMessages.LargestPart];
                var rank = group.LocalRanks.Single().Index;
                Array.Fill(own, (byte)(rank + 1));
                var parts = GroupMessages.Of(group)!.Gather(own);
                Assert.That(parts.Select(part => (part.Length, part[^1])), Is.EqualTo(Enumerable.Range(1, Ranks).Select(value => (own.Length, (byte)value))));
            }, address: address);
        }
    }

    [Test]
    public async Task LetNobodyPassABarrierBeforeTheLast()
    {
        var here = 0;
        await Meeting.Together(3, group =>
        {
            Thread.Sleep(50 * group.LocalRanks.Single().Index);
            Interlocked.Increment(ref here);
            GroupMessages.Of(group)!.Barrier();
            Assert.That(Volatile.Read(ref here), Is.EqualTo(3));
        });
    }

    [Test]
    public Task EndWithTheRankThatIsGone() => Meeting.Together(2, group =>
    {
        if (group.LocalRanks.Single().Index == 1) return;
        var clock = Stopwatch.StartNew();
        Assert.That(() => GroupMessages.Of(group)!.Barrier(), Throws.TypeOf<PeerGoneException>());
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    });

    [Test]
    public Task EndAtTheirTimeout() => Meeting.Together(2, group =>
    {
        var messages = GroupMessages.Of(group)!;
        if (group.LocalRanks.Single().Index == 0)
            Assert.That(() => messages.Barrier(TimeSpan.FromMilliseconds(100)), Throws.TypeOf<RendezvousException>().With.Message.Contains("did not come to 'message 1' within"));
        else Thread.Sleep(400);
    });

    [Test]
    public void AreNoneWithinOneProcess()
    {
        using var group = RankGroup.OnCpu(2);
        Assert.That(GroupMessages.Of(group), Is.Null);
    }
}
