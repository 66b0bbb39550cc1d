namespace Fusion.Runtime;

/// <summary>Chooses over how many blocks of a cluster a token is spread. With few tokens most multiprocessors would be idle,
/// and moving a whole token through one block takes longer than the cluster's barrier. Results do not depend on the
/// number.</summary>
/// <remarks>The thresholds were found by trials on an H200 whose figures were not kept, on 2026-11-24: treat them as not
/// measured. The times that result from them are in bench/results/allreduce-h200-loopback.md.</remarks>
internal static class RowSplit
{
    /// <summary>Largest number of blocks: the portable size of a cluster.</summary>
    public const int MaxBlocks = 8;

    private const int ReceivedByOneBlock = 512;
    private const int ReceivedByABlock = 256;
    private const int Warp = 32;

    /// <summary>Chooses the number of blocks that share a token.</summary>
    /// <param name="vectors">Number of vectors of 8 elements in a token.</param>
    /// <param name="worldSize">World size.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="ranksOnGpu">Number of ranks that share the GPU.</param>
    /// <param name="multiprocessors">Number of multiprocessors of the GPU.</param>
    /// <returns>1, 2, 4 or 8.</returns>
    public static int Blocks(int vectors, int worldSize, int tokens, int ranksOnGpu, int multiprocessors)
    {
        var received = vectors * (worldSize - 1);
        if (received <= ReceivedByOneBlock) return 1;
        var blocks = MaxBlocks;
        while (blocks > 1 && received / (blocks / 2) <= ReceivedByABlock) blocks /= 2;
        while (blocks > 1 && (vectors / blocks < Warp || (long)tokens * blocks * ranksOnGpu > multiprocessors / 2)) blocks /= 2;
        return blocks;
    }
}
