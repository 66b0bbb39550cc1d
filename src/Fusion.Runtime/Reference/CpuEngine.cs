namespace Fusion.Runtime;

/// <summary>Does the all-reduces of ranks on the CPU by the reference.</summary>
/// <param name="group">The group.</param>
/// <param name="type">Type of the operation.</param>
/// <param name="timeout">Longest time that a rank waits for the launches of others.</param>
/// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
internal sealed class CpuEngine(RankGroup group, ElementType type, TimeSpan timeout, IPeers peers)
    : CpuExchange<AllReduceCall, AllReduceShape>(group, timeout, peers), IRankEngine
{
    /// <inheritdoc/>
    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan) => Launch(rank, call);

    /// <inheritdoc/>
    protected override AllReduceShape ShapeOf(in AllReduceCall call) => AllReduceShape.Of(call);

    /// <inheritdoc/>
    protected override void Check(long number, int rank, in AllReduceShape first, int other, in AllReduceShape shape) =>
        CallAgreement.Check(number, rank, first, other, shape);

    /// <inheritdoc/>
    protected override DeviceTensor InputOf(in AllReduceCall call) => call.Input;

    /// <inheritdoc/>
    protected override AllReduceCall OfOtherProcess(in AllReduceCall own, DeviceTensor input) => new() { Input = input };

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<AllReduceCall> calls) => AllReduceReference.Compute(type, calls);
}
