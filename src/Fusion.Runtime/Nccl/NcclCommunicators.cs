using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's communicators of a group's ranks, by which all operations of the group that use NCCL launch: how they are connected, and
/// launches.</summary>
/// <remarks>Each process of a group makes them at the same step. Ranks may be launched from one thread or from one each.</remarks>
internal sealed partial class NcclCommunicators
{
    private readonly NcclLibrary nccl;
    // Those of this process's ranks; null and 0 for ranks of other processes.
    private readonly GpuContext?[] contexts;
    private readonly nint[] communicators;
    private readonly GpuContext[] own;
    private readonly IGroupConnection? connection;
    private readonly string name = "";
    private readonly NcclWindows? windows;
    private readonly RankGroup? group;
    // Ranks that a communicator of this process connects; null for all.
    private readonly int[]? members;
    private readonly List<NcclWatch> watches = [];

    // Threads inside a function of NCCL. The communicators are freed only when there are none and none can enter.
    private UseGate uses = new();
    private bool hasRecorded;

    /// <summary>Connects the ranks of a group.</summary>
    /// <param name="group">A group whose ranks each have a GPU of their own.</param>
    /// <param name="load">Loads NCCL.</param>
    /// <param name="windowBytes">Size in bytes of a symmetric window on each rank; 0 for none.</param>
    /// <exception cref="NcclException">NCCL is missing, cannot connect the ranks, or makes no windows.</exception>
    public NcclCommunicators(RankGroup group, Func<NcclLibrary> load, long windowBytes)
        : this(ContextsOf(group), group, load, windowBytes)
    {
    }

    /// <summary>Connects the rank of this process with some of the others. All ranks of the group are connected at the same step, each with its
    /// own, and all or none of them.</summary>
    /// <param name="group">A group whose ranks are in processes of their own.</param>
    /// <param name="load">Loads NCCL.</param>
    /// <param name="members">The ranks, in order, this process's among them, each of which has a GPU of its own.</param>
    /// <exception cref="NcclException">NCCL is missing, or cannot connect the ranks.</exception>
    public NcclCommunicators(RankGroup group, Func<NcclLibrary> load, int[] members)
        : this([.. group.Ranks.Select(rank => rank.Context)], group, load, 0, members)
    {
    }

    /// <summary>Connects ranks of this process, which are in no group.</summary>
    /// <param name="contexts">Context of each rank's GPU.</param>
    /// <param name="load">Loads NCCL.</param>
    public NcclCommunicators(GpuContext[] contexts, Func<NcclLibrary> load)
        : this(contexts, null, load, 0)
    {
    }

    private NcclCommunicators(GpuContext?[] contexts, RankGroup? group, Func<NcclLibrary> load, long windowBytes, int[]? members = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowBytes);
        (this.contexts, this.group, this.members) = (contexts, group, members);
        own = [.. contexts.OfType<GpuContext>()];
        communicators = new nint[contexts.Length];
        if (own.Length < contexts.Length)
        {
            connection = (IGroupConnection)group!.Connection!;
            if (windowBytes > 0) throw new NcclException("Symmetric windows are for ranks of one process, but ranks of this group are in others: leave windowBytes 0.");
            name = connection.NewName();
            (nccl, communicators[group.LocalRanks[0].Index]) = NcclOfProcesses.Connect(group, connection, name, load, members);
        }
        else
        {
            nccl = load();
            Check(nccl.Initialize(communicators, [.. own.Select(context => context.Device.Ordinal)]), "ncclCommInitAll");
            try
            {
                if (windowBytes > 0) windows = NcclWindows.Register(nccl, own, communicators, windowBytes);
            }
            catch
            {
                nccl.Destroy(communicators);
                throw;
            }
        }

        Array.ForEach(own, context => context.Keep());
        guard = new("NCCL communicator", Close);
        connection?.AddTick(AbortIfARankIsGone);
    }

    /// <summary>Longest time that an end waits for running calls, and an abort for a thread that is inside a function of NCCL.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Version of NCCL.</summary>
    public Version Version => nccl.Version;

    /// <summary>NCCL itself.</summary>
    public NcclLibrary Library => nccl;

    /// <summary>World size of the group, also where a communicator connects some of its ranks.</summary>
    public int WorldSize => communicators.Length;

    /// <summary>Group of the ranks; null for ranks in no group.</summary>
    public RankGroup? Group => group;

    /// <summary>Windows in which sums are made; null for none.</summary>
    public NcclWindows? Windows => windows;

    /// <summary>Enqueues a rank's call in its stream and returns.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="ArgumentException">The stream is of another GPU or context.</exception>
    /// <exception cref="NcclException">NCCL refuses, was aborted, or waited for other ranks longer than <see cref="Timeout"/>.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public void Launch(int rank, GpuStream stream, in NcclCall call)
    {
        if (TryLaunch(rank, stream, call, Timeout)) return;
        // What it began to connect cannot be launched into any more.
        BeginAbort();
        throw NcclOfProcesses.TookTooLong(nccl, Timeout, $"to launch {call.Function}");
    }

    /// <summary>Does what <see cref="Launch"/> does. Between processes NCCL may first connect the ranks, and waits for their launches then.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    /// <param name="call">The call.</param>
    /// <param name="longest">Longest time that NCCL may take to launch.</param>
    /// <returns>Whether it launched in time; if not, it must be aborted.</returns>
    public bool TryLaunch(int rank, GpuStream stream, in NcclCall call, TimeSpan longest)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var context = contexts[rank]
            ?? throw new NcclException($"Rank {rank} is in another process, which launches its calls: launch those of this process's rank alone.");
        stream.ThrowUnlessOf(context, "NCCL's communicator");
        ThrowIfARankIsGone();
        var entered = Volatile.Read(ref uses);
        if (!entered.TryEnter())
            throw new NcclException("NCCL was aborted: its communicators are gone. Make another NcclAllReduce, and an operation with it.");
        try
        {
            context.MakeCurrent();
            if (connection is not null && !hasRecorded && stream.IsCaptured) hasRecorded = true;
            if (windows is not null && call.Operation == NcclOperation.AllReduce) return windows.Launch(rank, stream, call);
            var result = call.Begin(nccl, communicators[rank], stream.Handle);
            Check(result, call.Function);
            return connection is null || result != NcclResult.InProgress || NcclOfProcesses.TryWait(nccl, communicators[rank], longest, connection);
        }
        finally
        {
            entered.Leave();
        }
    }

    /// <summary>Gives the launches of an operation an end, where ranks are in several processes.</summary>
    /// <param name="rank">The operation's rank of this process.</param>
    /// <param name="timeout">Longest time that a call may take once the rank's GPU has come to it.</param>
    /// <returns>What launches from now on, to be disposed; null if all ranks are in this process.</returns>
    public NcclWatch? Watch(ExchangeRank rank, TimeSpan timeout)
    {
        if (connection is null) return null;
        var made = new NcclWatch(this, connection, rank, timeout);
        lock (watches) watches.Add(made);
        return made;
    }

    /// <summary>Ends <see cref="Watch"/>.</summary>
    /// <param name="watch">What it gave.</param>
    public void Forget(NcclWatch watch)
    {
        lock (watches) watches.Remove(watch);
    }

    /// <summary>Throws if NCCL reports an error since the last check; does nothing after an <see cref="Abort"/>.</summary>
    /// <exception cref="NcclException">NCCL reports an error.</exception>
    /// <exception cref="PeerGoneException">A rank of another process is gone.</exception>
    public void ThrowIfFailed()
    {
        ThrowIfARankIsGone();
        var entered = Volatile.Read(ref uses);
        if (!entered.TryEnter()) return;
        try
        {
            foreach (var communicator in Communicators)
            {
                Check(nccl.GetAsyncError(communicator, out var error), "ncclCommGetAsyncError");
                Check(error, "a call");
            }
        }
        finally
        {
            entered.Leave();
        }
    }

    private IEnumerable<nint> Communicators => communicators.Where(communicator => communicator != 0);

    private void ThrowIfARankIsGone()
    {
        if (connection?.Gone is { } gone) throw gone.CopyForThread();
    }

    private static GpuContext?[] ContextsOf(RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        var contexts = group.Ranks.Select(rank => rank.Context).ToArray();
        if (group.Topology == GroupTopology.Cpu)
            throw new NcclException("The ranks of this group are on the CPU, but NCCL sums on GPUs: give each rank one (RankGroup.OnGpus).");
        if (group.LocalRanks.Count < group.WorldSize && group.RanksOnGpu > 1)
            throw new NcclException($"{group.RanksOnGpu} ranks share a GPU, but NCCL wants a GPU for each rank. Give each its own, or leave AllReduceOptions.Library empty.");
        if (contexts.OfType<GpuContext>().GroupBy(context => context.Device.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } shared)
        {
            throw new NcclException(
                $"{shared.Count()} ranks share GPU {shared.Key}, but NCCL wants a GPU for each rank. Give each its own " +
                $"(RankGroup.OnGpus), or leave AllReduceOptions.Library empty on one GPU.");
        }

        return contexts;
    }

    private void Check(NcclResult result, string function)
    {
        if (connection is null) NcclException.ThrowIfFailed(nccl, result, function);
        else NcclOfProcesses.ThrowIfFailed(nccl, result, function, connection);
    }
}
