using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Chooses over how many blocks a token is spread. A block of a thousand threads takes longer to send and to poll than
/// several smaller ones, on multiprocessors of their own or not. Results do not depend on the number.</summary>
/// <remarks>Measured for 2 and 4 ranks on H100s, for 1 to 128 tokens of 2880 to 8192 elements (bench/notes.md, 2026-11-27); more
/// ranks, whose threads have more to send and to poll, were not measured.</remarks>
internal static class RowSplit
{
    /// <summary>Largest number of blocks: the portable size of a cluster.</summary>
    public const int MaxBlocks = 8;

    private const int MeasuredRanks = 4;
    private const int ThreadsOfABlock = 256;
    private const int Warp = 32;
    private static readonly ComputeCapability FirstWithClusters = new(9, 0);

    /// <summary>Whether GPUs have clusters, without which the blocks that share a token cannot reduce over it.</summary>
    /// <param name="capability">Their compute capability.</param>
    public static bool HasClusters(ComputeCapability capability) => capability >= FirstWithClusters;

    /// <summary>Chooses the number of blocks that share a token, if there is room for them.</summary>
    /// <param name="vectors">Number of vectors of 8 elements in a token.</param>
    /// <param name="worldSize">World size.</param>
    /// <returns>1, 2, 4 or 8; 1 for a rank alone, which exchanges nothing.</returns>
    public static int Blocks(int vectors, int worldSize)
    {
        if (worldSize == 1) return 1;
        var threads = worldSize <= MeasuredRanks ? ThreadsOfABlock : ThreadsOfABlock / 2;
        var blocks = 1;
        while (blocks < MaxBlocks && vectors > threads * blocks && vectors / (blocks * 2) >= Warp) blocks *= 2;
        return blocks;
    }

    /// <summary>Computes the most blocks that share tokens and leave room for those of other operations or ranks. The others
    /// may leave no more than one block's room, where no cluster fits, so that a cluster waits until they are done: they must
    /// always have a block's room themselves. One multiprocessor has none of these blocks therefore, or half of them where
    /// others share the GPU already.</summary>
    /// <param name="sharers">Number of ranks and operations that share the GPU; 0 for the first operation on it.</param>
    /// <param name="multiprocessors">Number of multiprocessors of the GPU.</param>
    public static int BlocksThatLeaveRoom(int sharers, int multiprocessors) =>
        sharers == 0 ? multiprocessors - 1 : multiprocessors / 2 / sharers;
}
