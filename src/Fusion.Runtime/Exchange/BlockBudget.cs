namespace Fusion.Runtime;

/// <summary>Co-residency of the operations on a GPU: limits how many blocks that wait for other ranks each of them may
/// launch.</summary>
/// <remarks>
/// <para>Operations whose calls are in one stream follow each other. In different streams they run at the same time: if one
/// operation filled one GPU and a second operation another GPU, each would keep out the blocks that the other waits for,
/// until the timeout.</para>
/// <para>A block waits only for the blocks of the same index, and a GPU starts blocks in order. So a call goes on while one
/// block of it is resident on each GPU, and it is enough that each operation leaves room for one block of those that were
/// made before it: the first one always goes on, then the second, and so on. The first operation may fill the GPU.</para>
/// </remarks>
internal sealed class BlockBudget
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, BlockBudget> ByGpu = [];

    private readonly int multiprocessors;
    private BlockShare[] shares = [];
    private Footprints footprints = new(1, 1);

    /// <param name="multiprocessors">Number of multiprocessors of the GPU.</param>
    public BlockBudget(int multiprocessors) => this.multiprocessors = multiprocessors;

    /// <summary>Shares of the operations on the GPU, in the order in which they were made.</summary>
    public ReadOnlySpan<BlockShare> Shares => Volatile.Read(ref shares);

    /// <summary>Gets the budget of a GPU, which all groups of the process share.</summary>
    /// <param name="gpu">The GPU.</param>
    public static BlockBudget Of(GpuDevice gpu)
    {
        lock (Gate)
        {
            if (!ByGpu.TryGetValue(gpu.Ordinal, out var budget)) ByGpu[gpu.Ordinal] = budget = new(gpu.MultiprocessorCount);
            return budget;
        }
    }

    /// <summary>Adds an operation to the GPU.</summary>
    /// <param name="ranks">Number of the operation's ranks on the GPU.</param>
    /// <param name="leader">Index of the first of these ranks.</param>
    /// <param name="blocksPerMultiprocessor">Occupancy of each of its kernels, in blocks on a multiprocessor.</param>
    /// <returns>The operation's share, to be disposed when none of its kernels runs any more.</returns>
    public BlockShare Join(int ranks, int leader, params ReadOnlySpan<int> blocksPerMultiprocessor)
    {
        var share = new BlockShare(this, ranks, leader, blocksPerMultiprocessor.ToArray());
        lock (Gate) Replace([.. shares, share]);
        return share;
    }

    /// <summary>Computes the most blocks of a kernel that leave room for a block of any kernel of the operations on the
    /// GPU.</summary>
    /// <param name="blocksPerMultiprocessor">Occupancy of the kernel, one of those given to <see cref="Join"/>.</param>
    /// <param name="sharers">Number of operations that share the blocks.</param>
    public int LeavingRoom(int blocksPerMultiprocessor, int sharers)
    {
        // A block is 1/n of a multiprocessor if n of them fit. The largest one, 1/fewest, does not fit where more than
        // 1 - 1/fewest is taken. Of one kind of block that takes n - n/fewest, rounded down, and one more. Of several kinds it
        // takes at least the next whole number of units of 1/common. As long as there are not so many on each multiprocessor,
        // one has room, however they lie.
        var (common, fewest) = Volatile.Read(ref footprints);
        if (sharers == 1)
        {
            var needed = (blocksPerMultiprocessor + fewest - 1) / fewest;
            return (multiprocessors * (blocksPerMultiprocessor - needed + 1)) - 1;
        }

        var units = multiprocessors * (common - (common / fewest) + 1);
        return (int)((units - 1) / (common / blocksPerMultiprocessor) / sharers);
    }

    /// <summary>Removes an operation from the GPU.</summary>
    /// <param name="share">The operation's share.</param>
    public void Leave(BlockShare share)
    {
        lock (Gate) Replace([.. shares.Where(other => other != share)]);
    }

    private void Replace(BlockShare[] all)
    {
        var counts = all.SelectMany(share => share.BlocksPerMultiprocessor).Distinct().ToArray();
        Volatile.Write(ref footprints, counts.Length == 0 ? new(1, 1)
            : new(counts.Aggregate(1L, (common, count) => common / Divisor(common, count) * count), counts.Min()));
        Volatile.Write(ref shares, all);
    }

    private static long Divisor(long a, long b) => b == 0 ? a : Divisor(b, a % b);

    /// <param name="Common">Least common multiple of the occupancies.</param>
    /// <param name="Fewest">Lowest occupancy.</param>
    private sealed record Footprints(long Common, int Fewest);
}
