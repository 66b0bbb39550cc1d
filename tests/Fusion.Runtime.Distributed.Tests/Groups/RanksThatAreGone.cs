using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

public sealed class RanksThatAreGone
{
    [TestCase(0)]
    [TestCase(2)]
    public async Task AreNamedToTheOthersWithinASecondAndMayComeBack(int victim)
    {
        using var ranks = new RanksOfATest(3);
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 20000");
        await ranks.MustAll("call 5");
        var survivors = Enumerable.Range(0, 3).Where(rank => rank != victim).Select(rank => ranks[rank]).ToArray();
        foreach (var one in survivors) one.Tell("call 5");
        await Task.Delay(100);
        ranks[victim].Kill();
        foreach (var one in survivors)
        {
            var answer = await one.Answer();
            Assert.That(answer, Does.Contain($"PeerGoneException FUSION4012: Rank {victim} (process {ranks[victim].Id} on "));
            Assert.That(Milliseconds(answer), Is.LessThan(1500));
            Assert.That(await one.Do("call 5"), Does.Contain("FUSION4012"), "as often as it is tried");
            Assert.That(await one.Do("reset"), Does.Contain("FUSION4012"), "a reset does not bring it back");
            Assert.That(await one.Do("dispose"), Is.EqualTo("ok"));
        }

        ranks.Restart(victim);
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 20000");
        await ranks.MustAll("call 5");
    }

    [Test]
    public async Task AreNamedWhenTheirProcessIsStopped()
    {
        using var ranks = new RanksOfATest(2, ("FUSION_RENDEZVOUS_SILENCE", "1"));
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 20000");
        ranks[1].Signal("STOP");
        Assert.That(await ranks[0].Do("call 5"), Does.Contain("FUSION4012: Rank 1").And.Contain("no sign of life for 1 s"));
        Assert.That(await ranks[0].Do("dispose"), Is.EqualTo("ok"));
        ranks[1].Signal("CONT");
        Assert.That(await ranks[1].Do("call 5"), Does.Contain("FUSION4012"));
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task MayHaveTakenLeave(int leaver)
    {
        using var ranks = new RanksOfATest(2);
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 20000");
        await ranks.MustAll("call 5");
        Assert.That(await ranks[leaver].Do("dispose"), Is.EqualTo("ok"));
        Assert.That(await ranks[1 - leaver].Do("call 5"), Does.Contain($"FUSION4012: Rank {leaver}").And.Contain("It disposed its group"));
    }

    private static int Milliseconds(string answer) => int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
