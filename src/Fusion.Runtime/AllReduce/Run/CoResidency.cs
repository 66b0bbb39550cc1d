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

    /// <summary>How many tokens a launch works on at a time; its blocks stride over the tokens.</summary>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="cap">The most tokens at a time.</param>
    /// <param name="ranks">World size, if tokens belong to ranks in turn as in two-shot; else 1.</param>
    public static int TokensAtATime(int tokens, int cap, int ranks)
    {
        if (tokens <= cap) return tokens;
        // Otherwise each block would have the tokens of few owners, and some blocks all the sums to make.
        var blocks = cap;
        while (CommonDivisor(blocks, ranks) != 1) blocks--;
        return blocks;
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}
