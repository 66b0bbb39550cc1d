namespace Fusion.Runtime;

/// <summary>How many blocks a rank may launch. Blocks wait for blocks of other ranks, so all of a GPU's ranks must fit on it at
/// the same time: those that wait would never make room for those that they wait for.</summary>
internal static class CoResidency
{
    /// <summary>The most tokens that a rank may work on at a time.</summary>
    /// <param name="onGpu">Blocks, or clusters of the blocks of a token, that the GPU runs at a time.</param>
    /// <param name="ranksOnGpu">Ranks that share the GPU.</param>
    /// <returns>0 if not even one of each fits.</returns>
    public static int Cap(int onGpu, int ranksOnGpu) => onGpu / ranksOnGpu;

    /// <summary>The grid of a launch; blocks stride over the tokens.</summary>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="cap">The most tokens at a time.</param>
    /// <param name="ranks">World size, if tokens belong to ranks in turn as in two-shot; else 1.</param>
    /// <param name="overlap">Whether kernels may overlap.</param>
    public static RankGrid Grid(int tokens, int cap, int ranks, RankOverlap overlap)
    {
        if (tokens <= cap)
            return new(tokens, overlap == RankOverlap.Always || (overlap == RankOverlap.WhereTwoFit && tokens <= cap / 2));
        // Otherwise each block would have the tokens of few owners, and some blocks all the sums to make.
        var blocks = cap;
        while (CommonDivisor(blocks, ranks) != 1) blocks--;
        return new(blocks, overlap == RankOverlap.Always);
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}

/// <summary>Whether a rank's kernel may come onto the GPU before its last one has left.</summary>
internal enum RankOverlap
{
    /// <summary>The GPU has no programmatic dependent launch, or the early blocks of one rank could keep out blocks of another
    /// one that are waited for.</summary>
    Never,

    /// <summary>Ranks share the GPU and all calls have one shape: where two kernels of each rank fit.</summary>
    WhereTwoFit,

    /// <summary>The rank has the GPU for itself: a kernel comes early only when all blocks of the last one have.</summary>
    Always,
}

/// <summary>The blocks of a launch.</summary>
/// <param name="Tokens">Tokens that are worked on at a time.</param>
/// <param name="Overlaps">Whether the kernel may come onto the GPU before the rank's last one has left, and the next one before
/// this one has.</param>
internal readonly record struct RankGrid(int Tokens, bool Overlaps);
