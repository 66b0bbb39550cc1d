namespace Fusion.Emulation;

/// <summary>When the blocks of a launch did something by which they may have learned from each other. Two accesses of different blocks can be
/// ordered only if both blocks did such a thing after the first access.</summary>
internal sealed class LaunchOrder(int blocks)
{
    /// <summary>Most blocks of a launch for which this is known.</summary>
    public const int MostBlocks = 1 << 20;

    private readonly long[] last = new long[blocks];
    private long now;

    /// <summary>Number of such things that have happened.</summary>
    public long Now => Volatile.Read(ref now);

    /// <summary>Notes that a block does such a thing.</summary>
    public void Communicate(int block) => Volatile.Write(ref last[block], Interlocked.Increment(ref now));

    /// <summary>Whether a block has done such a thing since a time.</summary>
    public bool HasCommunicated(int block, long since) => Volatile.Read(ref last[block]) > since;
}
