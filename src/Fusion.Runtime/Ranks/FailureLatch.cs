namespace Fusion.Runtime;

/// <summary>Remembers why an operation failed, until it is reset: each rank is told once what happened, and after that only
/// that it must be reset. May be used by any thread.</summary>
internal sealed class FailureLatch(int ranks)
{
    private readonly bool[] told = new bool[ranks];
    private Exception? failure;

    /// <summary>Why; null if nothing failed. Not to be thrown: each rank's thread gets an exception of its own.</summary>
    public Exception? Failure => Volatile.Read(ref failure);

    /// <summary>Remembers a failure, unless there is an earlier one.</summary>
    /// <param name="reason">What happened.</param>
    public void Set(Exception reason) => Interlocked.CompareExchange(ref failure, reason, null);

    /// <summary>Throws if a rank must not launch.</summary>
    /// <param name="rank">The rank.</param>
    /// <exception cref="ResetRequiredException">The rank was told before.</exception>
    public void ThrowBeforeLaunch(int rank)
    {
        if (Failure is not { } reason) return;
        if (told[rank]) throw new ResetRequiredException(rank, reason);
        told[rank] = true;
        throw Again(reason, rank);
    }

    /// <summary>Throws if the operation failed.</summary>
    /// <param name="rank">Who is told; null for all.</param>
    public void Throw(int? rank = null)
    {
        if (Failure is not { } reason) return;
        MarkTold(rank);
        throw Again(reason, rank ?? 0);
    }

    /// <summary>Notes who knows.</summary>
    /// <param name="rank">The rank; null for all.</param>
    public void MarkTold(int? rank)
    {
        if (rank is { } one) told[one] = true;
        else Array.Fill(told, true);
    }

    /// <summary>Forgets.</summary>
    public void Clear()
    {
        Array.Clear(told);
        Volatile.Write(ref failure, null);
    }

    // One object thrown on several threads would mix their stack traces.
    private static FusionException Again(Exception reason, int rank) => reason switch
    {
        PeerTimeoutException timeout => timeout.Again(),
        CallMismatchException mismatch => mismatch.Again(),
        _ => new ResetRequiredException(rank, reason),
    };
}
