using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A rank waited for another one until its timeout and gave up; the results of its call are undefined. All other
/// ranks of the operation give up too. <see cref="AllReduce.Reset"/> makes the operation usable again.</summary>
public sealed class PeerTimeoutException : FusionException
{
    internal PeerTimeoutException(int rank, IReadOnlyList<int> peers, string step, int token, long call, TimeSpan timeout)
        : base(ErrorCodes.PeerTimeout, Describe(rank, peers, step, token, call, timeout)) =>
        (Rank, Peers, Step, Token, Call, Timeout) = (rank, peers, step, token, call, timeout);

    /// <summary>Makes an equal exception object for another thread.</summary>
    internal PeerTimeoutException CopyForThread() => new(Rank, Peers, Step, Token, Call, Timeout);

    /// <summary>Index of the rank that waited.</summary>
    public int Rank { get; }

    /// <summary>Index of the rank that it waited for; the first, if there are several.</summary>
    public int Peer => Peers[0];

    /// <summary>Indices of all ranks whose data did not come. On GPUs only the first is known.</summary>
    public IReadOnlyList<int> Peers { get; }

    /// <summary>Step in which the rank waited, in words.</summary>
    public string Step { get; }

    /// <summary>Index of the token whose data did not come, from 0; -1 on the CPU, where calls wait as a whole.</summary>
    public int Token { get; }

    /// <summary>Index of the call, from 0, since the operation was made or reset; each piece of a call that is done in pieces
    /// counts (<see cref="AllReducePlan.Pieces"/>).</summary>
    public long Call { get; }

    /// <summary>Timeout of the operation.</summary>
    public TimeSpan Timeout { get; }

    private static string Describe(int rank, IReadOnlyList<int> peers, string step, int token, long call, TimeSpan timeout)
    {
        var whom = peers.Count == 1 ? $"rank {peers[0]}" : $"ranks {string.Join(", ", peers)}";
        var what = token < 0 ? step : string.Create(CultureInfo.InvariantCulture, $"{step} of token {token}");
        return string.Create(CultureInfo.InvariantCulture,
            $"Rank {rank} waited for {whom} longer than {timeout.TotalSeconds:0.###} s: {what}, call {call}. Each rank must " +
            $"launch the same calls in the same order, and on the GPU all at a time; see what {whom} did instead. Then call " +
            $"Reset, which makes the group usable again.");
    }
}
