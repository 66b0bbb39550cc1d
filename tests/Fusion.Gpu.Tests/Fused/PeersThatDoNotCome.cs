using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>A rank that never launches: the others end by their deadline and say whom they waited for.</summary>
public sealed class PeersThatDoNotCome : GpuTest
{
    private const int Ranks = 4;
    private const int Missing = 2;

    // A token of 1024 is a block's, one of 4096 a cluster's.
    [TestCase(AllReduceStrategy.OneShot, 1, 1024)]
    [TestCase(AllReduceStrategy.OneShot, 40, 1024)]
    [TestCase(AllReduceStrategy.OneShot, 1, 4096)]
    [TestCase(AllReduceStrategy.OneShot, 16, 4096)]
    [TestCase(AllReduceStrategy.TwoShot, 1, 1024)]
    [TestCase(AllReduceStrategy.TwoShot, 40, 1024)]
    [TestCase(AllReduceStrategy.TwoShot, 1, 4096)]
    [TestCase(AllReduceStrategy.TwoShot, 16, 4096)]
    public void TheOthersEndAndNameItAndAfterwardsAllIsRight(AllReduceStrategy strategy, int tokens, int hidden)
    {
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, hidden, tokens, seed: 1);
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions
        {
            HiddenSize = hidden,
            MaxTokens = 64,
            Timeout = TimeSpan.FromMilliseconds(200),
        });
        Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty);
        for (var round = 0; round < 3; round++)
        {
            var calls = loopback.Prepare(data, epilogue);
            for (var rank = 0; rank < Ranks; rank++)
            {
                // Behind the first call the others are refused, by all blocks of a cluster alike.
                for (var call = 0; call < 3 && rank != Missing; call++) loopback.Operation.Launch(rank, null, calls[rank], strategy);
            }

            var failure = Assert.Throws<PeerTimeoutException>(() => loopback.Operation.Synchronize(0));
            TestContext.Out.WriteLine(failure!.Message);
            Assert.Multiple(() =>
            {
                Assert.That(failure.Peers, Is.EqualTo(new[] { Missing }));
                Assert.That(failure.Rank, Is.Not.EqualTo(Missing));
                Assert.That(failure.Message, Does.Contain("rank"));
            });
            Assert.That(() => loopback.Operation.Launch(1, null, calls[1], strategy), Throws.InstanceOf<FusionException>());
            loopback.Operation.Reset();
            Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty, $"after resetting, round {round}");
        }
    }
}
