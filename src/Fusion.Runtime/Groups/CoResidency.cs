namespace Fusion.Runtime;

/// <summary>How many blocks a rank may launch. Blocks wait for blocks of other ranks, so all of a GPU's ranks must fit on it at
/// the same time: those that wait would never make room for those that they wait for.</summary>
internal static class CoResidency
{
    /// <summary>The most blocks of a rank.</summary>
    /// <param name="blocksOfMultiprocessor">Blocks that a multiprocessor runs at a time.</param>
    /// <param name="multiprocessors">Number of multiprocessors.</param>
    /// <param name="ranksOnGpu">Ranks that share the GPU.</param>
    /// <returns>0 if not even one block of each fits.</returns>
    public static int Cap(int blocksOfMultiprocessor, int multiprocessors, int ranksOnGpu) =>
        blocksOfMultiprocessor * multiprocessors / ranksOnGpu;

    /// <summary>The grid of a launch; blocks stride over the tokens.</summary>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="cap">The most blocks.</param>
    /// <param name="ranks">World size, if tokens belong to ranks in turn as in two-shot; else 1.</param>
    /// <param name="mayOverlap">Whether the GPU has programmatic dependent launch.</param>
    public static RankGrid Grid(int tokens, int cap, int ranks, bool mayOverlap)
    {
        if (mayOverlap && tokens <= cap / 2) return new(tokens, true);
        if (tokens <= cap) return new(tokens, false);
        // Otherwise each block would have the tokens of few owners, and some blocks all the sums to make.
        var blocks = cap;
        while (CommonDivisor(blocks, ranks) != 1) blocks--;
        return new(blocks, false);
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}

/// <summary>The blocks of a launch.</summary>
/// <param name="Blocks">How many.</param>
/// <param name="Overlaps">Whether it may come to the GPU before the rank's last kernel has left, and the next one before this
/// one has: only where blocks of two kernels fit, since those that came early would keep out others that are waited for.</param>
internal readonly record struct RankGrid(int Blocks, bool Overlaps);
