using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Meetings;

public sealed class RanksThatDoNotMeet
{
    private readonly RendezvousAddress address = Meeting.NewAddress();

    [Test]
    public async Task AreToldWhoIsMissing()
    {
        var ends = await Meeting.Try([.. new[] { 0, 2 }.Select(rank => Meeting.Of(rank, 4, address) with { Timeout = TimeSpan.FromSeconds(1) })]);
        Assert.That(ends, Is.All.StartsWith($"FUSION4014: Ranks 1, 3 did not come to {address} within 1 s; rank 0 (process {Environment.ProcessId} on"));
    }

    [Test]
    public async Task AreToldThatRankZeroIsMissing()
    {
        var ends = await Meeting.Try(Meeting.Of(1, 2, address) with { Timeout = TimeSpan.FromSeconds(1) });
        Assert.That(ends, Is.All.StartsWith($"FUSION4014: Rank 1 could not meet rank 0 at {address} within 1 s"));
    }

    [Test]
    public async Task MayHaveComeTwice() => Assert.That(
        await Meeting.Try(Meeting.Of(0, 3, address), Meeting.Of(1, 3, address), Meeting.Of(1, 3, address)),
        Is.All.Contains($"Rank 1 came twice: as process {Environment.ProcessId}"));

    [Test]
    public async Task MayHaveOtherWorldSizes() => Assert.That(
        await Meeting.Try(Meeting.Of(0, 2, address), Meeting.Of(1, 4, address)),
        Is.All.Contains("has a world size of 4, but rank 0 one of 2"));

    [Test]
    public async Task MayHaveAnotherSecret()
    {
        var ends = await Meeting.Try(
            Meeting.Of(0, 2, address) with { Secret = "right", Timeout = TimeSpan.FromSeconds(1) }, Meeting.Of(1, 2, address) with { Secret = "wrong" });
        Assert.That(ends[0], Does.StartWith("FUSION4014: Rank 1 did not come").And.Contain("1 connections were refused because they did not know the secret"));
        Assert.That(ends[1], Does.StartWith("FUSION4015").And.Contain("does not prove that it knows the secret").And.Not.Contain("right"));
    }

    [Test]
    public async Task MayBeOnTheCpuAndNot()
    {
        var ends = await Meeting.Try(Meeting.Of(0, 2, address) with { Device = Rendezvous.OnCpu }, Meeting.Of(1, 2, address) with { Device = 0 });
        Assert.That(ends, Is.All.Contains("FUSION4015").And.All.Contains("FUSION_DEVICE=cpu"));
    }

    [TestCase(-1, 2)]
    [TestCase(2, 2)]
    public void HaveAnIndexWithinTheGroup(int rank, int worldSize) => Assert.That(
        () => RankGroup.JoinAsync(Meeting.Of(rank, worldSize, address)), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("FUSION4013"));

    [Test]
    public void AreOfAGroupThatThereCanBe() => Assert.That(
        () => RankGroup.JoinAsync(Meeting.Of(0, 9, address)), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("FUSION4001"));
}
