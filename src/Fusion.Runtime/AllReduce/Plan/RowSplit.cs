namespace Fusion.Runtime;

/// <summary>Over how many blocks a token is spread. With few tokens most multiprocessors would be idle, and what a block sends
/// and receives takes longer than that its blocks meet. Results do not depend on it.</summary>
/// <remarks>Measured on an H200, bench/results: one block is fastest up to 512 vectors that it receives, beyond that 256 a
/// block; with blocks on more than half of the multiprocessors, fewer are faster.</remarks>
internal static class RowSplit
{
    /// <summary>The most blocks: a cluster that every GPU with clusters has.</summary>
    public const int Most = 8;

    private const int ReceivedByOneBlock = 512;
    private const int ReceivedByABlock = 256;
    private const int Warp = 32;

    /// <summary>Chooses.</summary>
    /// <param name="vectors">Vectors of 8 elements of a token.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="ranksOnGpu">Ranks that share the GPU.</param>
    /// <param name="multiprocessors">Multiprocessors of the GPU.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int Blocks(int vectors, int worldSize, int tokens, int ranksOnGpu, int multiprocessors)
    {
        var received = vectors * (worldSize - 1);
        if (received <= ReceivedByOneBlock) return 1;
        var blocks = Most;
        while (blocks > 1 && received / (blocks / 2) <= ReceivedByABlock) blocks /= 2;
        while (blocks > 1 && (vectors / blocks < Warp || (long)tokens * blocks * ranksOnGpu > multiprocessors / 2)) blocks /= 2;
        return blocks;
    }
}
