namespace Fusion.Runtime;

/// <summary>Share of an operation in a GPU's <see cref="BlockBudget"/>.</summary>
internal sealed class BlockShare : IDisposable
{
    private const nint None = -1;

    private readonly BlockBudget budget;
    private readonly int ranks;
    private readonly int leader;
    private nint stream = None;

    public BlockShare(BlockBudget budget, int ranks, int leader, int[] blocksPerMultiprocessor)
    {
        (this.budget, this.ranks, this.leader) = (budget, ranks, leader);
        BlocksPerMultiprocessor = blocksPerMultiprocessor;
    }

    /// <summary>Occupancy of each of the operation's kernels, in blocks on a multiprocessor.</summary>
    public IReadOnlyList<int> BlocksPerMultiprocessor { get; }

    /// <summary>Notes in which stream a rank launches, and counts the operations that may run at the same time. Allocates
    /// nothing.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="own">Handle of the rank's stream.</param>
    /// <returns>0 if the operation may fill the GPU; otherwise the number of operations that share what the first one's room
    /// leaves.</returns>
    public int Enter(int rank, nint own)
    {
        // Where ranks share the GPU, the first one's stream stands for all.
        if (rank == leader) Volatile.Write(ref stream, own);
        var shares = budget.Shares;
        if (shares.Length == 1) return 0;
        own = Volatile.Read(ref stream);
        var (others, isFirst, isBefore, isAnyUnknown) = (0, true, true, false);
        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] == this) isBefore = false;
            else if (Volatile.Read(ref shares[i].stream) is var theirs && (theirs == None || theirs != own))
            {
                if (isBefore) isFirst = false;
                // Older operations that have not launched yet may come in another stream. They count as one, since most
                // share a stream.
                if (theirs == None) isAnyUnknown |= isBefore;
                else if (!IsAmong(shares[..i], theirs)) others++;
            }
        }

        return ranks > 1 ? others : isFirst ? 0 : others + (isAnyUnknown ? 1 : 0);
    }

    /// <summary>Computes the most tokens that a launch may work on at a time, one block each.</summary>
    /// <param name="cap">Number of blocks that fit on an otherwise idle GPU.</param>
    /// <param name="blocksPerMultiprocessor">Occupancy of the kernel, in blocks on a multiprocessor.</param>
    /// <param name="sharers">Result of <see cref="Enter"/>.</param>
    public int Cap(int cap, int blocksPerMultiprocessor, int sharers) => sharers == 0 ? cap
        // All blocks of ranks that share a GPU wait for each other, so all of them must be resident.
        : ranks > 1 ? Math.Max(cap / (sharers + 1), 1)
        : Math.Clamp(budget.LeavingRoom(blocksPerMultiprocessor, sharers), 1, cap);

    /// <summary>Takes the operation out of the budget.</summary>
    public void Dispose() => budget.Leave(this);

    private bool IsAmong(ReadOnlySpan<BlockShare> shares, nint theirs)
    {
        foreach (var share in shares)
        {
            if (share != this && Volatile.Read(ref share.stream) == theirs) return true;
        }

        return false;
    }
}
