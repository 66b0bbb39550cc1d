namespace Fusion.Runtime;

/// <summary>Co-residency: how many blocks a rank may launch. Blocks wait for blocks of other ranks, so the blocks of all
/// ranks on a GPU must be resident at the same time; a waiting block would never make room for the one that it waits
/// for.</summary>
internal static class CoResidency
{
    /// <summary>Computes the most tokens that a rank may work on at a time.</summary>
    /// <param name="onGpu">Number of blocks, or of clusters that share a token, that are resident on the GPU at a
    /// time.</param>
    /// <param name="ranksOnGpu">Number of ranks that share the GPU.</param>
    /// <returns>Number of tokens; 0 if not every rank gets a block.</returns>
    public static int Cap(int onGpu, int ranksOnGpu) => onGpu / ranksOnGpu;

    /// <summary>Computes how many tokens a launch works on at a time; its blocks stride over the tokens.</summary>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="cap">The most tokens at a time, from <see cref="Cap"/>.</param>
    /// <param name="ranks">World size in two-shot, where tokens belong to ranks in turn; else 1.</param>
    public static int TokensAtATime(int tokens, int cap, int ranks)
    {
        if (tokens <= cap) return tokens;
        // With a common divisor each block would get the tokens of few owners, and some blocks would make all the sums.
        var blocks = cap;
        while (CommonDivisor(blocks, ranks) != 1) blocks--;
        return blocks;
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}
