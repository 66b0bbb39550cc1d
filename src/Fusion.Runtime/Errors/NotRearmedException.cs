namespace Fusion.Runtime;

/// <summary>The operation failed before and was not re-armed. Nothing was launched.</summary>
public sealed class NotRearmedException : FusionException
{
    internal NotRearmedException(int rank, Exception failure)
        : base(ErrorCodes.NotRearmed,
            $"Rank {rank} cannot launch: the operation failed before, and its ranks are not in step any more. Stop launching " +
            $"on all ranks, call Rearm once, and go on. The failure was: {failure.Message}", failure) => Rank = rank;

    /// <summary>The rank that was to launch.</summary>
    public int Rank { get; }
}
