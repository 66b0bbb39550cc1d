namespace Fusion.Runtime;

/// <summary>What is known of all ranks of an operation, wherever they are: addresses, agreement, status and barrier. The one
/// place through which a rank learns of ranks that other processes launch; <see cref="PeersInProcess"/> is the case that there
/// are none.</summary>
/// <remarks>Each process makes one for each operation of a group, in the same order, and its operations call
/// <see cref="Agree"/>, <see cref="Connect"/> and <see cref="Barrier"/> in the same order too. <see cref="TryFindFailure"/>,
/// <see cref="ProgressOf"/> and <see cref="GiveUp"/> may be called at any time by any thread, neither wait nor allocate, and may
/// know of other processes a little late.</remarks>
internal interface IPeers : IDisposable
{
    /// <summary>Compares the plans of all ranks; returns when all are the same.</summary>
    /// <param name="own">Plans of the ranks of this process.</param>
    /// <exception cref="PlanMismatchException">A rank's plan is another one: thrown in every process.</exception>
    void Agree(IReadOnlyList<RankPlan> own);

    /// <summary>Tells all processes of this one's ranks; returns when all processes have told of theirs.</summary>
    /// <param name="own">The ranks of this process.</param>
    void Connect(GpuRank[] own);

    /// <summary>Address of a rank's workspace.</summary>
    /// <param name="rank">The rank whose workspace it is.</param>
    /// <param name="reader">A rank of this process, as whose GPU sees it.</param>
    ulong WorkspaceOf(int rank, Rank reader);

    /// <summary>Looks for a rank whose kernel gave up.</summary>
    /// <param name="failure">What it waited for. Of several failures, the one that tells most.</param>
    /// <returns>Whether there is one.</returns>
    bool TryFindFailure(out WaitFailure failure);

    /// <summary>How far a rank is with its calls.</summary>
    /// <param name="rank">The rank.</param>
    RankProgress ProgressOf(int rank);

    /// <summary>Lets the kernels of all ranks that wait for others give up soon.</summary>
    void GiveUp();

    /// <summary>Waits until all processes are here.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <returns>Whether all came.</returns>
    bool Barrier(TimeSpan timeout);
}

/// <summary>How far a rank is with its calls.</summary>
/// <param name="Launched">Number of calls that were launched since the workspaces were last reset, recorded ones among
/// them.</param>
/// <param name="IsDone">Whether none of them runs.</param>
/// <param name="IsClosed">Whether its operation is being disposed, so that it launches no more.</param>
internal readonly record struct RankProgress(long Launched, bool IsDone, bool IsClosed);

/// <summary>A wait that ended without its data.</summary>
/// <param name="Rank">The rank that waited.</param>
/// <param name="Peer">The rank that it waited for.</param>
/// <param name="Step">What it waited for, as in <see cref="WaitStatus.Step"/>.</param>
/// <param name="Token">The token whose data did not come.</param>
/// <param name="Call">Number of the call since the workspaces were last reset.</param>
internal readonly record struct WaitFailure(int Rank, int Peer, int Step, int Token, uint Call)
{
    /// <summary>Whether the rank waited for what a peer made of others' data. The peer may itself have waited for another one,
    /// whose name tells more.</summary>
    public bool IsIndirect => Step == WaitStatus.GatherStep;
}
