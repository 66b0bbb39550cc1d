namespace Fusion.Runtime;

/// <summary>A rank of collectives on a GPU, which launches their calls.</summary>
/// <param name="rank">The rank.</param>
/// <param name="ranks">World size.</param>
/// <param name="workspaceBytes">Size in bytes of the workspace that other ranks write to, with its control block.</param>
/// <exception cref="GpuException">There is not enough memory.</exception>
internal abstract class CollectiveRank(Rank rank, int ranks, long workspaceBytes) : ExchangeRank(rank, ranks, workspaceBytes)
{
    /// <summary>Launches the pieces of a call into a stream. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="call">The call, which is valid.</param>
    /// <param name="number">Number of the call, from 1 on; 0 for one that is not noted, as where it is recorded.</param>
    /// <returns>Whether it was launched; if not, the rank has reported why.</returns>
    public abstract bool Launch(GpuStream into, in CollectiveCall call, long number);
}
