namespace Fusion.Runtime;

/// <summary>A rank of another process is gone: its process ended, does not answer, or disposed its group. The group does no more; dispose it,
/// start the rank again, and make the group anew.</summary>
public sealed class PeerGoneException : FusionException
{
    internal PeerGoneException(int rank, string process, string reason)
        : base(ErrorCodes.PeerGone,
            $"Rank {rank} ({process}) is gone. {reason} The group cannot go on without it: dispose the group on all ranks, see why that process " +
            "ended, start it again, and make the group anew.") =>
        (Rank, Process, Reason) = (rank, process, reason);

    /// <summary>Index of the rank that is gone.</summary>
    public int Rank { get; }

    /// <summary>Number of its process and name of its machine, in words.</summary>
    public string Process { get; }

    /// <summary>How that was seen, a sentence.</summary>
    public string Reason { get; }

    /// <summary>Makes an equal exception object for another thread.</summary>
    internal PeerGoneException CopyForThread() => new(Rank, Process, Reason);
}
