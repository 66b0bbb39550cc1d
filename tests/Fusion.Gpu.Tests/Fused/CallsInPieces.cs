using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Calls that are larger than the workspace, which are done in pieces of 128 tokens: the bits do not change.</summary>
public sealed class CallsInPieces : GpuTest
{
    private const int Hidden = 96;

    private static AllReduceStrategy[] Strategies => [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    // The last piece has 44 tokens, 1 token or 128.
    [Test]
    public void GiveTheBitsOfTheReference(
        [Values(2, 3)] int ranks, [Values(300, 257, 256)] int tokens, [ValueSource(nameof(Strategies))] AllReduceStrategy strategy)
    {
        using var compared = Compared(ranks, tokens, TimeSpan.FromMinutes(1));
        Assert.That(compared.Operation.Plan(tokens, default, strategy).Pieces, Is.EqualTo((tokens + 127) / 128));
        var data = new AllReduceCase(ElementType.BFloat16, ranks, Hidden, tokens, seed: tokens);
        foreach (var epilogue in Epilogue.Few(Hidden)) Assert.That(compared.Compare(data, epilogue, strategy), Is.Empty);
    }

    [Test]
    public void AreRightWithEachQuantizationAndLayoutOfScales([ValueSource(nameof(Strategies))] AllReduceStrategy strategy)
    {
        const int Tokens = 200;
        using var compared = Compared(2, Tokens, TimeSpan.FromMinutes(1));
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, Tokens, seed: 5);
        foreach (var quantization in EveryQuantization.Of(Hidden, 8, 32, 48))
        {
            var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms, Quantization = quantization };
            Assert.That(compared.Compare(data, epilogue, strategy), Is.Empty);
        }
    }

    [Test]
    public void ArePreparedAndLaunchedAgainWithOtherNumbersOfTokens([ValueSource(nameof(Strategies))] AllReduceStrategy strategy)
    {
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
        using var compared = Compared(2, 300, TimeSpan.FromMinutes(1));
        var most = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 300, seed: 6);
        var calls = compared.Prepare(most, epilogue);
        var prepared = calls.Select((call, rank) => compared.Operation.Prepare(rank, call, strategy)).ToArray();
        foreach (var tokens in new[] { 300, 40, 300, 200, 129 })
        {
            var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, tokens, seed: tokens);
            compared.Prepare(data, epilogue);
            foreach (var call in prepared) call.SetTokens(tokens);
            foreach (var call in prepared) call.Launch();
            foreach (var rank in compared.Group.Ranks) compared.Operation.Synchronize(rank.Index);
            Assert.That(compared.WhatIsWrong(data, epilogue), Is.Empty, $"{tokens} tokens");
        }
    }

    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    public void ARankThatDoesNotComeIsNamedAndAfterAResetAllIsRight(AllReduceStrategy strategy)
    {
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
        using var compared = Compared(2, 300, TimeSpan.FromMilliseconds(500));
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 300, seed: 7);
        compared.Operation.Launch(0, null, compared.Prepare(data, epilogue)[0], strategy);

        var failure = Assert.Throws<PeerTimeoutException>(() => compared.Operation.Synchronize(0));

        Assert.That(failure!.Peers, Is.EqualTo([1]));
        Assert.That(failure.Token, Is.InRange(0, 127), "the other pieces were refused");
        compared.Operation.Reset();
        Assert.That(compared.Compare(data, epilogue, strategy), Is.Empty);
    }

    [Test]
    public void ATokenThatDidNotComeIsNamedByItsNumberInTheCall()
    {
        // Rank 1 replays the first piece alone, as a call of its own: recorded calls are not compared.
        using var compared = Compared(2, 300, TimeSpan.FromMilliseconds(500));
        var epilogue = new Epilogue();
        var whole = compared.Prepare(new AllReduceCase(ElementType.BFloat16, 2, Hidden, 300, seed: 8), epilogue);
        var first = compared.Prepare(new AllReduceCase(ElementType.BFloat16, 2, Hidden, 128, seed: 8), epilogue, upload: false);
        var stream = compared.Group.Ranks[1].Stream!;
        using var graph = GpuGraph.Capture(stream, () => compared.Operation.Launch(1, null, first[1], AllReduceStrategy.TwoShot));
        compared.Operation.Launch(0, null, whole[0], AllReduceStrategy.TwoShot);
        graph.Launch(stream);

        var failure = Assert.Throws<PeerTimeoutException>(() => compared.Operation.Synchronize(0));

        Assert.That(failure!.Token, Is.InRange(128, 255));
        compared.Operation.Reset();
    }

    private static ComparedRanks Compared(int ranks, int tokens, TimeSpan timeout) => new(ranks, new AllReduceOptions
    {
        HiddenSize = Hidden,
        MaxTokens = tokens,
        Timeout = timeout,
        WorkspaceLimitBytes = 1,
        // One-shot is allowed for all sizes.
        Policy = AllReducePolicy.WithLimits(long.MaxValue),
    });
}
