using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Meetings;

public sealed class RanksThatMeet
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(8)]
    [TestCase(16)]
    public async Task AreAll(int worldSize) =>
        Assert.That(await Meeting.Try(worldSize, Meeting.NewAddress()), Is.All.EqualTo("met"));

    [Test]
    public async Task MayMeetAtAPathWhereAKilledProcessLeftItsSocket()
    {
        var path = Path.Combine(Path.GetTempPath(), $"fusion-{Guid.NewGuid():n}.sock");
        using (var left = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0))
        {
            left.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            File.Copy("/proc/self/comm", path + ".kept");
            File.Move(path, path + ".socket");
        }

        File.Move(path + ".socket", path);
        Assert.That(await Meeting.Try(2, RendezvousAddress.Unix(path)), Is.All.EqualTo("met"));
        Assert.That(File.Exists(path), Is.False, "nothing is left");
        File.Delete(path + ".kept");
    }

    [Test]
    public async Task MayBeOfTwoGroupsAtTheSameTimeAndPlace()
    {
        var address = Meeting.NewAddress();
        var (one, other) = (Meeting.Try(2, address), Meeting.Try(2, Meeting.NewAddress()));
        var third = Meeting.Try(2, address, rank => rank with { Name = "third", Timeout = TimeSpan.FromSeconds(40) });
        // Rank 0 of two groups cannot listen at the same place at the same time: one of the two hears that, which is the only end but meeting.
        Assert.That(await other, Is.All.EqualTo("met"));
        foreach (var end in (await one).Concat(await third))
            Assert.That(end, Is.EqualTo("met").Or.Contains("FUSION4015: Rank 0 cannot listen").Or.Contains("FUSION4014"));
    }

    [Test]
    public async Task MayMeetAnewAtTheSamePlace()
    {
        var address = Meeting.NewAddress();
        for (var i = 0; i < 3; i++) Assert.That(await Meeting.Try(3, address), Is.All.EqualTo("met"));
    }

    [Test]
    public async Task MayComeInAnyOrder()
    {
        var address = Meeting.NewAddress();
        var late = RankGroup.JoinAsync(Meeting.Of(1, 2, address));
        await Task.Delay(200);
        await using var first = await RankGroup.JoinAsync(Meeting.Of(0, 2, address));
        await using var second = await late;
        Assert.That((first.LocalRanks[0].Index, second.LocalRanks[0].Index, second.WorldSize), Is.EqualTo((0, 1, 2)));
    }

    [Test]
    public async Task MayStopWaiting()
    {
        using var stop = new CancellationTokenSource(200);
        var alone = Meeting.Of(0, 2, Meeting.NewAddress());
        Assert.That(() => RankGroup.JoinAsync(alone, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => RankGroup.JoinAsync(Meeting.Of(1, 2, Meeting.NewAddress()), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await Meeting.Try(2, alone.Address), Is.All.EqualTo("met"));
    }
}
