using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

public sealed class CallsOfRanksInProcesses
{
    [TestCase(2, "1")]
    [TestCase(3, "0")]
    public async Task GiveTheBitsOfOneProcess(int count, string sharesMemory)
    {
        using var ranks = new RanksOfATest(count, ("FUSION_SHARED_MEMORY", sharesMemory));
        await ranks.MustAll("join");
        await ranks.MustAll("make 512 400 10000");
        await ranks.MustAll("call 3");
        await ranks.MustAll("call 1 norm");
        // More than a piece.
        await ranks.MustAll("call 400");
        await ranks.MustAll("collectives 5");
        await ranks.MustAll("call 7");
        await ranks.MustAll("dispose");
        // The same processes may make another group.
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 4 10000");
        await ranks.MustAll("call 4");
        await ranks.MustAll("dispose");
    }

    [Test]
    public async Task ThatDifferAreAnErrorThatNamesBoth()
    {
        using var ranks = new RanksOfATest(2);
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 20000");
        await ranks.MustAll("call 5");
        ranks[0].Tell("call 4");
        ranks[1].Tell("call 8");
        foreach (var answer in new[] { await ranks[0].Answer(), await ranks[1].Answer() })
            Assert.That(answer, Does.Contain("FUSION4009: In call 1, tokens: 4 on rank 0, but 8 on rank 1"));
        await ranks.MustAll("reset");
        ranks[0].Tell("call 4");
        ranks[1].Tell("call 4 norm");
        foreach (var answer in new[] { await ranks[0].Answer(), await ranks[1].Answer() })
            Assert.That(answer, Does.Contain("FUSION4009: In call 0, quantization: PerTokenFp8 on rank 0, but None on rank 1"));
        await ranks.MustAll("reset");
        await ranks.MustAll("call 16");
    }

    [Test]
    public async Task ThatOneRankDoesNotLaunchEndAtTheTimeoutAndGoOnAfterAReset()
    {
        using var ranks = new RanksOfATest(2);
        await ranks.MustAll("join");
        await ranks.MustAll("make 64 16 300");
        await ranks.MustAll("call 5");
        Assert.That(await ranks[0].Do("call 5"), Does.Contain("FUSION4005: Rank 0 waited for rank 1 longer than 0.3 s: it did not launch its call, call 1"));
        Assert.That(await ranks[0].Do("call 5"), Does.Contain("FUSION4007"));
        // It may do the call that rank 0 has given up, before it hears of that.
        var late = await ranks[1].Do("call 5");
        if (late == "ok") late = await ranks[1].Do("call 5");
        Assert.That(late, Does.Contain("FUSION4005: Rank 0 waited for rank 1"), "the rank that did not come hears it");
        await ranks.MustAll("reset");
        await ranks.MustAll("call 16");
    }

    [Test]
    public async Task NeedTheSamePlansInAllProcesses()
    {
        using var ranks = new RanksOfATest(2);
        await ranks.MustAll("join");
        ranks[0].Tell("make 64 16 1000");
        ranks[1].Tell("make 64 32 1000");
        foreach (var answer in new[] { await ranks[0].Answer(), await ranks[1].Answer() })
            Assert.That(answer, Does.Contain("FUSION4004").And.Contain("most tokens: 16 on rank 0, 32 on rank 1"));
        // A rank whose options are wrong does not keep the others waiting.
        ranks[0].Tell("make 64 16 1000");
        ranks[1].Tell("make 63 16 1000");
        Assert.That(await ranks[0].Answer(), Does.Contain("FUSION4004").And.Contain("Rank 1 (process"));
        Assert.That(await ranks[1].Answer(), Does.Contain("FUSION3001"));
        await ranks.MustAll("make 64 16 1000");
        await ranks.MustAll("call 2");
    }

    [Test]
    public async Task OfAnOperationThatARankDoesNotMakeCannotBeLaunched()
    {
        using var ranks = new RanksOfATest(2, ("FUSION_RENDEZVOUS_TIMEOUT", "2"));
        await ranks.MustAll("join");
        Assert.That(await ranks[0].Do("make 64 16 1000"), Does.Contain($"FUSION4014: Rank 1 (process {ranks[1].Id} on").And.Contain("did not come to 'operation 1: plan' within 2 s"));
    }
}
