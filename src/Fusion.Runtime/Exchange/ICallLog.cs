namespace Fusion.Runtime;

/// <summary>The last calls that the ranks of this process launched on GPUs, for who compares them with those of other processes. Members
/// may be called by any thread while ranks launch.</summary>
internal interface ICallLog
{
    /// <summary>Gets the place of a rank after its last call.</summary>
    /// <param name="rank">Index of a rank of this process.</param>
    /// <param name="mark">The place.</param>
    /// <returns>Whether there is one: the rank launched a call, and does not launch another one just now.</returns>
    bool TryGetLast(int rank, out CallMark mark);

    /// <summary>Gets the place of a rank after a call.</summary>
    /// <param name="rank">Index of a rank of this process.</param>
    /// <param name="count">Number of calls up to this one.</param>
    /// <param name="mark">The place.</param>
    /// <returns>Whether the call is one of those that are remembered.</returns>
    bool TryGet(int rank, long count, out CallMark mark);

    /// <summary>Gets the number of calls that a rank launched.</summary>
    /// <param name="rank">Index of a rank of this process.</param>
    long CountOf(int rank);

    /// <summary>Describes a call; null if it is not one of those that are remembered.</summary>
    /// <param name="rank">Index of a rank of this process.</param>
    /// <param name="count">Number of calls up to this one.</param>
    IReadOnlyList<KeyValuePair<string, string>>? Describe(int rank, long count);
}

/// <summary>Place in the calls of a rank.</summary>
/// <param name="Count">Number of calls that were launched since the last reset, without those that were recorded.</param>
/// <param name="Hash">Number that is equal for equal calls up to this place.</param>
/// <param name="Recorded">Number of calls that were recorded before. Places are compared only where it is equal: a rank may replay what
/// another one launches.</param>
internal readonly record struct CallMark(long Count, ulong Hash, long Recorded);
