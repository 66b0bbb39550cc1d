using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A rank waited for another one in vain and gave up; the results of its call are not to be used. All ranks of the
/// group end like this; <see cref="AllReduce.Reset"/> makes the group right again.</summary>
public sealed class PeerTimeoutException : FusionException
{
    internal PeerTimeoutException(int rank, IReadOnlyList<int> peers, string step, int token, long call, TimeSpan timeout)
        : base(ErrorCodes.PeerTimeout, Describe(rank, peers, step, token, call, timeout)) =>
        (Rank, Peers, Step, Token, Call, Timeout) = (rank, peers, step, token, call, timeout);

    /// <summary>The same for another thread.</summary>
    internal PeerTimeoutException CopyForThread() => new(Rank, Peers, Step, Token, Call, Timeout);

    /// <summary>The rank that waited.</summary>
    public int Rank { get; }

    /// <summary>The rank that it waited for; the first, if there are several.</summary>
    public int Peer => Peers[0];

    /// <summary>All ranks that did not come. A GPU knows of the first alone.</summary>
    public IReadOnlyList<int> Peers { get; }

    /// <summary>What it waited for, in words.</summary>
    public string Step { get; }

    /// <summary>The token whose data did not come, from 0; -1 on the CPU, where calls wait as a whole.</summary>
    public int Token { get; }

    /// <summary>Number of the call, from 0, since the operation was made or reset.</summary>
    public long Call { get; }

    /// <summary>The longest that it was to wait.</summary>
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
