namespace Fusion.Runtime;

/// <summary>The ranks' calls differ. Only ranks on the CPU detect this; ranks on GPUs wait until their timeout. Nothing of
/// the call was done.</summary>
public sealed class CallMismatchException : FusionException
{
    private readonly string problem;

    internal CallMismatchException(long call, int rank, int other, string what, string value, string otherValue)
        : this(call, rank, other,
            $"In call {call}, {what}: {value} on rank {rank}, but {otherValue} on rank {other}. All ranks must launch the same " +
            "calls in the same order. Find the rank that is wrong, then call Reset.")
    {
    }

    private CallMismatchException(long call, int rank, int other, string problem)
        : base(ErrorCodes.CallMismatch, problem) => (Call, Rank, Other, this.problem) = (call, rank, other, problem);

    /// <summary>Makes an equal exception object for another thread.</summary>
    internal CallMismatchException CopyForThread() => new(Call, Rank, Other, problem);

    /// <summary>Index of the call, from 0, since the operation was made or reset.</summary>
    public long Call { get; }

    /// <summary>Index of the first of the two ranks.</summary>
    public int Rank { get; }

    /// <summary>Index of the second of the two ranks.</summary>
    public int Other { get; }
}
