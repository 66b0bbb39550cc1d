namespace Fusion.Runtime;

/// <summary>Does the all-reduces of ranks on the CPU by the reference.</summary>
internal sealed class CpuEngine(int ranks, ElementType type, TimeSpan timeout, IPeers peers)
    : CpuExchange<AllReduceCall>(ranks, timeout, peers), IRankEngine
{
    /// <inheritdoc/>
    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan) => Launch(rank, call);

    /// <inheritdoc/>
    protected override void Compute(long number, ReadOnlySpan<AllReduceCall> calls)
    {
        CallAgreement.Check(number, calls);
        AllReduceReference.Compute(type, calls);
    }
}
