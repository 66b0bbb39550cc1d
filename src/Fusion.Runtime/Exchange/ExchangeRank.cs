namespace Fusion.Runtime;

/// <summary>A rank of this process on a GPU, in an operation between ranks: its workspace, its progress, and what its kernels
/// report.</summary>
internal abstract class ExchangeRank : IDisposable
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(365);

    private readonly int ranks;
    private readonly NearRanks? near;
    private Workspaces workspaces;
    private long launched;
    private GpuStream? stream;
    private bool isClosed;

    /// <param name="rank">The rank.</param>
    /// <param name="ranks">World size.</param>
    /// <param name="workspaceBytes">Size of the workspace in bytes, with its control block.</param>
    /// <param name="near">Ranks that it exchanges with through memory, whose workspaces the kernels know by their places among these; null
    /// for all.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    protected ExchangeRank(Rank rank, int ranks, long workspaceBytes, NearRanks? near = null)
    {
        (Rank, this.ranks, this.near) = (rank, ranks, near);
        Workspace = new Workspace(rank.Context!, workspaceBytes, near?.Sharing ?? rank.Sharing);
    }

    public Rank Rank { get; }

    public Workspace Workspace { get; }

    /// <summary>Ranks that it exchanges with through memory; null for all.</summary>
    public IReadOnlyList<int>? Near => near?.Ranks;

    /// <summary>Progress of the rank with its calls. A stream that is being recorded counts as busy.</summary>
    public RankProgress Progress
    {
        get
        {
            var used = Volatile.Read(ref stream);
            var isDone = used is null or { IsDisposed: true } or { Context.IsDisposed: true } || (!used.IsCaptured && !used.IsBusy);
            return new(Volatile.Read(ref launched), isDone, Volatile.Read(ref isClosed));
        }
    }

    /// <summary>Whether the rank launches no more calls.</summary>
    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Addresses of all ranks' workspaces, for the kernels.</summary>
    protected Workspaces Workspaces => workspaces;

    /// <summary>Finds the addresses of all ranks' workspaces.</summary>
    /// <param name="peers">Source of the addresses.</param>
    public virtual void Connect(IPeers peers)
    {
        for (var place = 0; place < (near?.Ranks.Length ?? ranks); place++) workspaces[place] = peers.WorkspaceOf(near?.Ranks[place] ?? place, Rank);
    }

    /// <summary>Reports whether one of the rank's kernels gave up since the workspace was last reset.</summary>
    /// <param name="failure">What the kernel waited for.</param>
    public bool TryGetFailure(out WaitFailure failure)
    {
        ref var status = ref Workspace.Status;
        var hasFailed = Volatile.Read(ref status.Failed) != 0;
        failure = !hasFailed ? default : near is null || status.Step > WaitStatus.GatherStep
            ? new(Rank.Index, status.Peer, status.Step, status.Token, (uint)status.Call)
            // The kernels know places, and parts of the tokens.
            : new(Rank.Index, near.Ranks[status.Peer], status.Step, -1, (uint)status.Call);
        return hasFailed;
    }

    /// <summary>Clears the workspace and the count of calls. No kernel of any rank may run.</summary>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public virtual void Reset()
    {
        Workspace.Reset();
        Volatile.Write(ref stream, null);
        Volatile.Write(ref launched, 0);
    }

    /// <summary>Whether the rank's waiting kernels were asked to give up.</summary>
    public bool MustGiveUp => Workspace.MustGiveUp;

    /// <summary>Reports that a call ended without its data, as the rank's kernels do that give up.</summary>
    /// <param name="peer">Index of the rank that was waited for; -1 if it may be any other one.</param>
    /// <param name="step">Step of the wait.</param>
    /// <param name="call">Index of the call.</param>
    public void Report(int peer, int step, long call)
    {
        ref var status = ref Workspace.Status;
        if (Volatile.Read(ref status.Failed) != 0) return;
        (status.Peer, status.Step, status.Token, status.Call) = (peer, step, -1, (int)call);
        Volatile.Write(ref status.Failed, 1);
    }

    /// <summary>Marks that the rank launches no more calls.</summary>
    public void Close() => Volatile.Write(ref isClosed, true);

    /// <summary>Frees the rank's memory. No kernel of any rank may run.</summary>
    public virtual void Dispose() => Workspace.Dispose();

    /// <summary>Converts a timeout for kernels, which add it to their clock: it must not overflow.</summary>
    /// <param name="time">The timeout.</param>
    protected static ulong Nanoseconds(TimeSpan time) =>
        (ulong)Math.Min(time.Ticks, LongestTimeout.Ticks) * TimeSpan.NanosecondsPerTick;

    /// <summary>Notes the stream of a call before its kernels are launched.</summary>
    /// <param name="into">The stream.</param>
    protected void BeginLaunch(GpuStream into) => Volatile.Write(ref stream, into);

    /// <summary>Counts a call whose kernels were launched.</summary>
    protected void EndLaunch() => Volatile.Write(ref launched, launched + 1);
}
