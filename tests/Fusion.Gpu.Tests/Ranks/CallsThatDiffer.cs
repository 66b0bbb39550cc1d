using Fusion.Gpu.Tests.Exchange;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>All-reduces of ranks on GPUs that are not the same: an error says which, instead of a time-out.</summary>
public sealed class CallsThatDiffer : GpuGroupTest
{
    [Test]
    public void InTokensAreSaid([Values(2, 3)] int ranks) =>
        Of(ranks, differing => differing.AreSaid((1, false, null), (3, false, null), "tokens: 1 on rank 0, but 3 on LAST"));

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
    public void AreSaidToThreads([Values(2, 4)] int ranks, [Values(0, 70)] int wrong) =>
        Of(ranks, differing => differing.AreSaidToThreads(200, wrong));

    [Test]
    public void AreNotLookedForInCudaGraphs() => Of(2, differing => differing.AreNotLookedForInCudaGraphs());

    private static void Of(int ranks, Action<AllReducesThatDiffer> use)
    {
        using var differing = new AllReducesThatDiffer(RanksOfATest.Group(ranks));
        use(differing);
    }
}
