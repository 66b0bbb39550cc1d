using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

public sealed class RanksThatFail : GpuGroupTest
{
    private static readonly AllReduceOptions Impatient =
        new() { HiddenSize = 8, MaxTokens = 1, Timeout = TimeSpan.FromMilliseconds(50) };

    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    [TestCase(AllReduceStrategy.Separate)]
    public void AreNamedAndTheGroupIsRightAgainWhenReset(AllReduceStrategy strategy)
    {
        using var op = new GpuAndCpuRanks(4, 256, 8, Impatient);
        op.SetInputs(1);
        op.LaunchAll(8, strategy);
        foreach (var rank in new[] { 0, 1, 3 }) op.Launch(rank, 8, null, strategy);

        var failure = Assert.Throws<PeerTimeoutException>(() => op.Operation.Synchronize(0))!;

        Assert.That(failure.Call, Is.EqualTo(1), failure.Message);
        Assert.That(failure.Peers, Is.EqualTo([2]), failure.Message);
        Assert.That(failure.Rank, Is.Not.EqualTo(2), failure.Message);
        Assert.That(() => op.Launch(2, 8, null, strategy), Throws.TypeOf<PeerTimeoutException>());
        Assert.That(() => op.Launch(2, 8, null, strategy), Throws.TypeOf<ResetRequiredException>());

        op.Operation.Reset();
        Assert.That(op.Operation.ThrowIfFailed, Throws.Nothing);
        for (var call = 2; call < 5; call++)
        {
            op.SetInputs(call);
            op.LaunchAll(8, strategy);
            op.Compare(8, $"call {call}, after resetting");
        }
    }

    [Test]
    public void DoNotKeepResetWaitingForTheirDeadline()
    {
        using var op = new GpuAndCpuRanks(2, 256, 8, Impatient with { Timeout = TimeSpan.FromDays(1) });
        op.Launch(1, 8);

        op.Operation.Reset();

        op.SetInputs(1);
        op.LaunchAll(8);
        op.Compare(8, "after a call that was given up");
    }

    [Test]
    public void AreDisposedWhileTheyWait()
    {
        using var op = new GpuAndCpuRanks(2, 256, 8, Impatient with { Timeout = TimeSpan.FromDays(1) });
        op.Launch(0, 8);

        Assert.That(op.Operation.Dispose, Throws.Nothing);
    }

    [Test]
    public void MustNotUseTwoStreamsAtOnceNorShareOne()
    {
        using var op = new GpuAndCpuRanks(2, 256, 8);
        using var other = op.Group.Ranks[0].CreateStream()!;
        op.SetInputs(1);
        // Waits for rank 1, so its stream is busy for sure.
        op.Launch(0, 8);

        Assert.That(() => op.Launch(0, 8, other),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("in one stream while"));
        Assert.That(() => op.Launch(1, 8, op.Group.Ranks[0].Stream),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain(
                RanksOfATest.AreOnSeveralGpus ? "was given a stream of GPU" : "in the stream of rank 0"));

        op.Launch(1, 8);
        op.Operation.Synchronize(0);
        op.Operation.Synchronize(1);
        op.Compare(8, "after two refused calls");
        Assert.That(() => op.Launch(0, 8, other), Throws.Nothing, "the first stream is idle now");
        op.Launch(1, 8);
        op.Operation.Synchronize(0, other);
    }
}
