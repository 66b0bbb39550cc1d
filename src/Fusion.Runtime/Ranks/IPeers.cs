namespace Fusion.Runtime;

/// <summary>An operation's view of all its ranks, in whichever process they are: addresses, agreement, status and barrier. A
/// rank learns of ranks of other processes only through this interface; <see cref="PeersInProcess"/> is the implementation
/// for one process.</summary>
/// <remarks>Each process makes one instance for each operation of a group, in the same order, and its operations call
/// <see cref="Agree"/>, <see cref="Connect"/> and <see cref="Barrier"/> in the same order too. <see cref="TryFindFailure"/>,
/// <see cref="ProgressOf"/> and <see cref="GiveUp"/> may be called at any time by any thread, neither wait nor allocate, and
/// may see other processes with a delay.</remarks>
internal interface IPeers : IDisposable
{
    /// <summary>Compares the plans of all ranks and returns if they are equal.</summary>
    /// <param name="own">Plans of the ranks of this process.</param>
    /// <exception cref="RankGroupException">A rank's plan differs; thrown in every process.</exception>
    void Agree(IReadOnlyList<RankPlan> own);

    /// <summary>Publishes the ranks of this process, and returns when all processes have published theirs.</summary>
    /// <param name="own">The ranks of this process.</param>
    void Connect(ExchangeRank[] own);

    /// <summary>Makes the way on which ranks on the CPU send to ranks of other processes, after <see cref="Agree"/>.</summary>
    /// <returns>The way, which is closed with this; null if all ranks are in this process.</returns>
    IHostLink? ConnectHost();

    /// <summary>Gets the address of a rank's workspace.</summary>
    /// <param name="rank">Index of the rank whose workspace it is.</param>
    /// <param name="reader">A rank of this process, for whose GPU the address is valid.</param>
    ulong WorkspaceOf(int rank, Rank reader);

    /// <summary>Finds a rank whose kernel gave up.</summary>
    /// <param name="failure">What the kernel waited for. Of several failures, a direct one is preferred.</param>
    /// <returns>Whether a kernel gave up.</returns>
    bool TryFindFailure(out WaitFailure failure);

    /// <summary>Tells other processes that a rank of this process on the CPU gave up; on GPUs they learn it from what kernels
    /// report.</summary>
    /// <param name="failure">What the rank waited for.</param>
    void Report(in WaitFailure failure);

    /// <summary>A rank of another process that is gone, after which no call can be done; null while all are there. One object for all
    /// threads: do not throw it.</summary>
    PeerGoneException? Gone { get; }

    /// <summary>Lets the calls of the ranks of this process be compared with those of other processes. Where all ranks are in this process,
    /// the log itself compares them.</summary>
    /// <param name="calls">The calls, which a reset forgets before <see cref="Reset"/>.</param>
    void Watch(ICallLog calls);

    /// <summary>The difference between calls of ranks of two processes; null if none was found since the last reset. It is there before
    /// kernels are told to give up because of it. One object for all threads: do not throw it.</summary>
    RankGroupException? Mismatch { get; }

    /// <summary>Gets the progress of a rank with its calls.</summary>
    /// <param name="rank">Index of the rank.</param>
    RankProgress ProgressOf(int rank);

    /// <summary>Gets the number of calls that a rank is known to have launched since the last reset, without those that were recorded.</summary>
    /// <param name="rank">Index of the rank.</param>
    long CallsOf(int rank);

    /// <summary>Asks the waiting kernels of all ranks to give up.</summary>
    void GiveUp();

    /// <summary>Forgets failures and progress of ranks of other processes, after their workspaces were reset. Called between
    /// two barriers.</summary>
    void Reset();

    /// <summary>Releases the workspaces of ranks of other processes, into which no kernel of this process writes any more.
    /// Called before the barrier after which the workspaces are freed.</summary>
    void Disconnect();

    /// <summary>Waits until all processes have called this.</summary>
    /// <param name="timeout">Longest time to wait.</param>
    /// <returns>Whether all processes came in time.</returns>
    bool Barrier(TimeSpan timeout);
}

/// <summary>Progress of a rank with its calls.</summary>
/// <param name="Launched">Number of calls that were launched or recorded since the workspaces were last reset.</param>
/// <param name="IsDone">Whether none of these calls runs.</param>
/// <param name="IsClosed">Whether the rank's operation is being disposed, so that it launches no more.</param>
internal readonly record struct RankProgress(long Launched, bool IsDone, bool IsClosed);

/// <summary>A wait of a kernel that ended without its data.</summary>
/// <param name="Rank">Index of the rank that waited.</param>
/// <param name="Peer">Index of the rank that it waited for; -1 if it may be any other one.</param>
/// <param name="Step">Step of the wait, as in <see cref="WaitStatus.Step"/>.</param>
/// <param name="Token">Index of the token whose data did not come.</param>
/// <param name="Call">Index of the call since the workspaces were last reset.</param>
internal readonly record struct WaitFailure(int Rank, int Peer, int Step, int Token, uint Call)
{
    /// <summary>Whether the rank waited for what a peer makes of other ranks' data. The peer may itself have waited for
    /// another rank, the cause. What was aborted has a cause too.</summary>
    public bool IsIndirect => Step is WaitStatus.GatherStep or WaitStatus.AbortedStep or WaitStatus.MachinesStep;
}
