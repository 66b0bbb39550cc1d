using System.Net.Sockets;
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
        // Moved while it is bound, the file stays when the socket is closed.
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + ".moved");
        }

        File.Move(path + ".moved", path);
        Assert.That(await Meeting.Try(2, RendezvousAddress.Unix(path)), Is.All.EqualTo("met"));
        Assert.That(File.Exists(path), Is.False, "nothing is left");
    }

    [Test]
    public async Task MayBeOfTwoGroupsOneAfterTheOtherAtTheSamePlace()
    {
        var address = Meeting.NewAddress();
        var first = RankGroup.JoinAsync(Meeting.Of(0, 2, address));
        var early = RankGroup.JoinAsync(Meeting.Of(1, 2, address) with { Name = "other" });
        await Task.Delay(100);
        await using var second = await RankGroup.JoinAsync(Meeting.Of(1, 2, address));
        await using var zero = await first;
        Assert.That(early.IsCompleted, Is.False);
        await using var other = await RankGroup.JoinAsync(Meeting.Of(0, 2, address) with { Name = "other" });
        await using var one = await early;
        Assert.That((zero.WorldSize, other.WorldSize), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task OfTwoGroupsAtTwoPlacesDoNotMeet() => Assert.That(
        (await Task.WhenAll(Meeting.Try(2, Meeting.NewAddress()), Meeting.Try(3, Meeting.NewAddress()))).SelectMany(ends => ends), Is.All.EqualTo("met"));

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
