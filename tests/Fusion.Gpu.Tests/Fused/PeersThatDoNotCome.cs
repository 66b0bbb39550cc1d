using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>A rank that never launches: the others end by their deadline and say whom they waited for.</summary>
public sealed class PeersThatDoNotCome : GpuTest
{
    private const int Ranks = 4;
    private const int Missing = 2;

    [TestCase(AllReduceStrategy.OneShot, 1)]
    [TestCase(AllReduceStrategy.OneShot, 40)]
    [TestCase(AllReduceStrategy.TwoShot, 1)]
    [TestCase(AllReduceStrategy.TwoShot, 40)]
    public void TheOthersEndAndNameItAndAfterwardsAllIsRight(AllReduceStrategy strategy, int tokens)
    {
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, 1024, tokens, seed: 1);
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions
        {
            HiddenSize = 1024,
            MaxTokens = 64,
            Timeout = TimeSpan.FromMilliseconds(200),
        });
        Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty);
        for (var round = 0; round < 3; round++)
        {
            var calls = loopback.Prepare(data, epilogue);
            for (var rank = 0; rank < Ranks; rank++)
                if (rank != Missing) loopback.Operation.Launch(rank, null, calls[rank], strategy);
            var failure = Assert.Throws<PeerTimeoutException>(() => loopback.Operation.Synchronize(0));
            TestContext.Out.WriteLine(failure!.Message);
            Assert.Multiple(() =>
            {
                Assert.That(failure.Peers, Is.EqualTo(new[] { Missing }));
                Assert.That(failure.Rank, Is.Not.EqualTo(Missing));
                Assert.That(failure.Message, Does.Contain("rank"));
            });
            Assert.That(() => loopback.Operation.Launch(1, null, calls[1], strategy), Throws.InstanceOf<FusionException>());
            loopback.Operation.Rearm();
            Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty, $"after re-arming, round {round}");
        }
    }
}
