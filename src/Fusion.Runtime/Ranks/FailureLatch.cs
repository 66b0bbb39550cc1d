namespace Fusion.Runtime;

/// <summary>Remembers why an operation failed until it is reset. Each rank gets the failure once, and after that only
/// <see cref="ResetRequiredException"/>. Safe for any thread.</summary>
internal sealed class FailureLatch(int ranks)
{
    private readonly bool[] isInformed = new bool[ranks];
    private Exception? failure;

    /// <summary>The failure; null if nothing failed. Do not throw it: each rank's thread gets an exception object of its
    /// own.</summary>
    public Exception? Failure => Volatile.Read(ref failure);

    /// <summary>Remembers a failure, unless there is an earlier one.</summary>
    /// <param name="reason">The failure.</param>
    public void Set(Exception reason)
    {
        if (Interlocked.CompareExchange(ref failure, reason, null) is null && reason is PeerTimeoutException)
        {
            FusionMetrics.CountTimeout();
            FusionEventSource.Log.PeerTimedOut(reason.Message);
        }
    }

    /// <summary>Throws if a rank must not launch.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <exception cref="ResetRequiredException">The rank got the failure
    /// before.</exception>
    public void ThrowBeforeLaunch(int rank)
    {
        if (Failure is not { } reason) return;
        // A reset does not help where a rank is gone.
        if (isInformed[rank] && reason is not PeerGoneException) throw new ResetRequiredException(rank, reason);
        isInformed[rank] = true;
        throw CopyForRank(reason, rank);
    }

    /// <summary>Throws if the operation failed, for a rank that is then informed.</summary>
    /// <param name="rank">Index of the rank.</param>
    public void Throw(int rank)
    {
        if (Failure is not { } reason) return;
        MarkInformed(rank);
        throw CopyForRank(reason, rank);
    }

    /// <summary>Throws if the operation failed, and informs no rank: each still gets the failure once.</summary>
    public void Throw()
    {
        if (Failure is { } reason) throw CopyForRank(reason, 0);
    }

    /// <summary>Notes that a rank got the failure.</summary>
    /// <param name="rank">Index of the rank.</param>
    public void MarkInformed(int rank) => isInformed[rank] = true;

    /// <summary>Forgets the failure.</summary>
    public void Clear()
    {
        Array.Clear(isInformed);
        Volatile.Write(ref failure, null);
    }

    // One object thrown on several threads would mix their stack traces.
    private static FusionException CopyForRank(Exception reason, int rank) => reason switch
    {
        PeerTimeoutException timeout => timeout.CopyForThread(),
        RankGroupException mismatch => mismatch.CopyForThread(),
        PeerGoneException gone => gone.CopyForThread(),
        NcclException aborted => aborted.CopyForThread(),
        _ => new ResetRequiredException(rank, reason),
    };
}
