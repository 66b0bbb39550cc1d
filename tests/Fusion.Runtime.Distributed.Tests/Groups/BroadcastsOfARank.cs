using System.Diagnostics;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Messages of one rank's process to all others.</summary>
[CancelAfter(60_000)]
public sealed class BroadcastsOfARank
{
    [Test]
    public Task ComeToAllOthersInTheirOrder([Values(0, 2)] int sender) => Meeting.Together(3, group =>
    {
        using var broadcast = new RankBroadcast(group, sender);
        var isSender = group.LocalRanks.Single().Index == sender;
        Assert.That((broadcast.Sender, broadcast.IsSender), Is.EqualTo((sender, isSender)));
        for (var i = 0; i < 300; i++)
        {
            if (isSender) broadcast.Send(BitConverter.GetBytes(i));
            else Assert.That(BitConverter.ToInt32(broadcast.Receive()), Is.EqualTo(i));
        }
    });

    [Test]
    public Task MayBeEmptyOrAsLargeAsTheyMayBe() => Meeting.Together(2, group =>
    {
        using var first = new RankBroadcast(group);
        using var second = new RankBroadcast(group);
        var large = new byte[RankBroadcast.LargestMessage];
        new System.Random(1).NextBytes(large);
        if (first.IsSender)
        {
            first.Send([]);
            second.Send(large);
            first.Send([7]);
            Assert.That(() => first.Send(new byte[large.Length + 1]), Throws.ArgumentException);
            Assert.That(() => first.Receive(), Throws.InvalidOperationException);
            return;
        }

        Assert.That(second.Receive(), Is.EqualTo(large), "each has messages of its own");
        Assert.That(first.Receive(), Is.Empty);
        Assert.That(first.Receive(), Is.EqualTo([(byte)7]));
        Assert.That(() => first.Send([]), Throws.InvalidOperationException);
    });

    [Test]
    public Task EndBehindWhatWasSentWhenARankIsGone() => Meeting.Together(3, group =>
    {
        var broadcast = new RankBroadcast(group);
        if (broadcast.IsSender)
        {
            broadcast.Send([1]);
            return;
        }

        var clock = Stopwatch.StartNew();
        Assert.That(broadcast.Receive(), Is.EqualTo([(byte)1]));
        Assert.That(() => broadcast.Receive(), Throws.TypeOf<PeerGoneException>());
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
    });

    [Test]
    public Task AreNotSentToAGroupWhoseRankIsGone() => Meeting.Together(2, group =>
    {
        var broadcast = new RankBroadcast(group);
        if (!broadcast.IsSender) return;
        Assert.That(SendOn, Throws.TypeOf<PeerGoneException>().With.Property("Rank").EqualTo(1));

        void SendOn()
        {
            for (var end = Deadline.After(TimeSpan.FromSeconds(30)); !end.IsOver; Thread.Sleep(1)) broadcast.Send([]);
        }
    });

    [Test]
    public Task CanBeWaitedForNoLongerThanIsWanted() => Meeting.Together(2, group =>
    {
        using var broadcast = new RankBroadcast(group);
        if (broadcast.IsSender) return;
        using var soon = new CancellationTokenSource(50);
        Assert.That(() => broadcast.Receive(soon.Token), Throws.InstanceOf<OperationCanceledException>());
        using var waiting = Task.Run(() => broadcast.Receive());
        Thread.Sleep(50);
        broadcast.Dispose();
        Assert.That(async () => await waiting, Throws.TypeOf<ObjectDisposedException>());
    });

    [Test]
    public Task HaveOneSender() => Meeting.Together(
        2,
        group =>
        {
            var rank = group.LocalRanks.Single().Index;
            Assert.That(() => new RankBroadcast(group, rank), Throws.InstanceOf<FusionException>().With.Message.Contains($"broadcast of rank {rank}")
                .Or.TypeOf<PeerGoneException>());
        },
        TimeSpan.FromSeconds(1));

    [Test]
    public void GoNowhereWithinOneProcess()
    {
        using var group = RankGroup.OnCpu(2);
        var broadcast = new RankBroadcast(group, 1);
        Assert.That(broadcast.IsSender);
        broadcast.Send([1]);
        Assert.That(() => new RankBroadcast(group, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        group.Dispose();
        Assert.That(() => broadcast.Send([1]), Throws.TypeOf<ObjectDisposedException>());
    }
}
