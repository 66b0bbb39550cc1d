using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Exchange;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>All-reduces of ranks on emulated GPUs that are not the same: an error says which, instead of a time-out.</summary>
public sealed class CallsThatDiffer
{
    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [Test]
    public void InTokensAreSaid([Values(2, 3)] int ranks) =>
        Of(ranks, differing => differing.AreSaid((1, false, null), (3, false, null), "tokens: 1 on rank 0, but 3 on LAST"));

    // Both move the same, so that results would be wrong.
    [Test]
    public void InTheEpilogueAreSaid() =>
        Of(2, differing => differing.AreSaid((2, true, null), (2, false, null), "norm: Rms on rank 0, but None on LAST."));

    [Test]
    public void InTheStrategyAreSaid() => Of(2, differing => differing.AreSaid(
        (4, false, AllReduceStrategy.OneShot), (4, false, AllReduceStrategy.TwoShot),
        "strategy: OneShot on rank 0, but TwoShot on LAST; exchange: OneShot on rank 0, but TwoShot on LAST."));

    [Test]
    public void AreSaidOfPreparedCalls() => Of(2, differing => differing.AreSaidOfPreparedCalls());

    [Test]
    public void AreSaidToThreads([Values(2, 3)] int ranks, [Values(0, 7)] int wrong) =>
        Of(ranks, differing => differing.AreSaidToThreads(12, wrong));

    [Test]
    public void AreNotLookedForInCudaGraphs() => Of(2, differing => differing.AreNotLookedForInCudaGraphs());

    private static void Of(int ranks, Action<AllReducesThatDiffer> use)
    {
        Emulator.Use(new() { Gpus = ranks });
        using var differing = new AllReducesThatDiffer(RankGroup.OnGpus([.. Enumerable.Range(0, ranks)]));
        use(differing);
        Assert.That(Emulator.Faults, Is.Empty);
    }
}
