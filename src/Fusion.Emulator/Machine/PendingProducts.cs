namespace Fusion.Emulation.Machine;

/// <summary>What products of a warp's warpgroup may still read of shared memory: until the warp has waited for them, nobody may write it. Their results
/// are there at once.</summary>
internal sealed class PendingProducts(Warp warp)
{
    private readonly List<(Block Block, int Offset, int Bytes, int Group)> reads = [];
    private int group;

    /// <summary>Notes that a product reads bytes, which nobody need have written.</summary>
    public void BeginRead(Block block, int offset, int bytes)
    {
        if (block.Checks is not { } checks) return;
        // The first lane stands for the warp.
        checks.BeginRead(offset, bytes, warp, 0, mayBeUnwritten: true);
        reads.Add((block, offset, bytes, group));
    }

    /// <summary>Closes the group of the products so far.</summary>
    public void Commit() => group++;

    /// <summary>Waits for products.</summary>
    /// <param name="left">Number of the last groups that need not be complete.</param>
    public void Wait(int left)
    {
        foreach (var read in reads)
            if (read.Group < group - left) read.Block.Checks?.EndRead(read.Offset, read.Bytes);
        reads.RemoveAll(read => read.Group < group - left);
    }
}
