namespace Fusion.Runtime;

/// <summary>How many blocks a rank may launch. Blocks wait for blocks of other ranks, so all of a GPU's ranks must fit on it at
/// the same time: those that wait would never make room for those that they wait for.</summary>
internal static class CoResidency
{
    /// <summary>The most blocks of a rank.</summary>
    /// <param name="blocksOfMultiprocessor">Blocks that a multiprocessor runs at a time.</param>
    /// <param name="multiprocessors">Number of multiprocessors.</param>
    /// <param name="ranksOnGpu">Ranks that share the GPU.</param>
    /// <param name="isProgrammatic">Whether a rank's next kernel may come to the GPU before this one has left.</param>
    /// <returns>0 if not even one block of each fits.</returns>
    public static int Cap(int blocksOfMultiprocessor, int multiprocessors, int ranksOnGpu, bool isProgrammatic) =>
        blocksOfMultiprocessor * multiprocessors / (ranksOnGpu * KernelsAtATime(isProgrammatic));

    /// <summary>Kernels of a rank that may be on the GPU at a time.</summary>
    /// <param name="isProgrammatic">Whether they are launched programmatically.</param>
    public static int KernelsAtATime(bool isProgrammatic) => isProgrammatic ? 2 : 1;

    /// <summary>The grid of a launch; blocks stride over the tokens.</summary>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="cap">The most blocks.</param>
    /// <param name="ranks">World size, if tokens belong to ranks in turn as in two-shot; else 1.</param>
    /// <returns>At least 1. Where blocks have several tokens, a number without a factor of the world size: otherwise each block
    /// would have the tokens of few owners, and some the sums of all that it works on to make itself.</returns>
    public static int Grid(int tokens, int cap, int ranks)
    {
        if (tokens <= cap) return tokens;
        var grid = cap;
        while (CommonDivisor(grid, ranks) != 1) grid--;
        return grid;
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}
