namespace Fusion.Runtime;

/// <summary>What an operation may take of a GPU's <see cref="BlockBudget"/>.</summary>
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

    /// <summary>How many blocks of each of its kernels fit on a multiprocessor.</summary>
    public IReadOnlyList<int> BlocksPerMultiprocessor { get; }

    /// <summary>Notes in which stream a rank launches, and counts the operations that may run at the same time as it. Allocates
    /// nothing.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="own">Handle of the stream.</param>
    /// <returns>0 if it may take all of the GPU; otherwise among how many it shares what is left beside the room for the
    /// first.</returns>
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
            else if (Volatile.Read(ref shares[i].stream) is var its && (its == None || its != own))
            {
                if (isBefore) isFirst = false;
                // Those that were made before and have not launched yet may come in another stream: in one, as most do.
                if (its == None) isAnyUnknown |= isBefore;
                else if (!IsAmong(shares[..i], its)) others++;
            }
        }

        return ranks > 1 ? others : isFirst ? 0 : others + (isAnyUnknown ? 1 : 0);
    }

    /// <summary>The most tokens at a time, a block each.</summary>
    /// <param name="cap">What fits on the GPU if nothing else is there.</param>
    /// <param name="blocksPerMultiprocessor">How many blocks of the kernel fit on a multiprocessor.</param>
    /// <param name="sharers">What <see cref="Enter"/> gave.</param>
    public int Cap(int cap, int blocksPerMultiprocessor, int sharers) => sharers == 0 ? cap
        // All blocks of ranks that share a GPU wait for each other, so all of them must be there.
        : ranks > 1 ? Math.Max(cap / (sharers + 1), 1)
        : Math.Clamp(budget.LeavingRoom(blocksPerMultiprocessor, sharers), 1, cap);

    /// <summary>Takes the operation out of the budget.</summary>
    public void Dispose() => budget.Leave(this);

    private bool IsAmong(ReadOnlySpan<BlockShare> shares, nint its)
    {
        foreach (var share in shares)
        {
            if (share != this && Volatile.Read(ref share.stream) == its) return true;
        }

        return false;
    }
}
