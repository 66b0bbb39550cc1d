using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A group of ranks that do all-reduces together: each on a GPU of its own, several on one GPU, or on the
/// CPU.</summary>
/// <remarks>Operations that are left are disposed with it; buffers and streams can be disposed before it or after it. Members may
/// be called from any thread.</remarks>
public sealed class RankGroup : IDisposable, IAsyncDisposable
{
    private readonly List<GroupGpu> groupGpus = [];
    private readonly List<IDisposable> owned = [];
    private Rank[]? localRanks;
    private IDisposable? connection;
    private NcclAllReduce? nccl;
    private NcclAllReduce? rails;
    private bool isClosing;
    private int disposed;

    private readonly Func<IPeers> peers = () => new PeersInProcess();

    private RankGroup(GroupTopology topology, int worldSize, Func<IPeers>? peers = null)
    {
        if (!AllReduceVocabulary.IsGroupSize(worldSize)) throw GroupErrors.WorldSize(worldSize);
        Topology = topology;
        WorldSize = worldSize;
        if (peers is not null) this.peers = peers;
    }

    /// <summary>Topology of the group: where the ranks are.</summary>
    public GroupTopology Topology { get; }

    /// <summary>World size: 1 to 8, or 16 ranks.</summary>
    public int WorldSize { get; }

    /// <summary>Ranks of the group, each at its index.</summary>
    public IReadOnlyList<Rank> Ranks { get; private set; } = [];

    /// <summary>Ranks that this process launches, in the order of their indices; all ranks in a group of one
    /// process.</summary>
    public IReadOnlyList<Rank> LocalRanks => localRanks ??= [.. Ranks.Where(rank => rank.IsLocal)];

    /// <summary>Largest number of ranks that share a GPU.</summary>
    internal int RanksOnGpu { get; private set; } = 1;

    /// <summary>Machines of the ranks, where the topology is <see cref="GroupTopology.Machines"/>; else null.</summary>
    internal GroupMachines? Machines { get; private set; }

    /// <summary>Product name of this process's GPUs; null on the CPU, and if they have several.</summary>
    internal string? GpuName => groupGpus.Select(gpu => gpu.Context.Device.Name).Distinct().ToArray() is [var name] ? name : null;

    /// <summary>Gets a rank that this process launches.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <exception cref="ArgumentOutOfRangeException">The group has no such rank, or another process has it.</exception>
    internal Rank Local(int rank)
    {
        if (rank < 0 || rank >= WorldSize)
            throw new ArgumentOutOfRangeException(nameof(rank), rank, $"The group has ranks 0 to {WorldSize - 1}.");
        return Ranks[rank].IsLocal ? Ranks[rank] : throw new ArgumentOutOfRangeException(nameof(rank), rank,
            $"Another process has rank {rank}; this one launches {string.Join(", ", LocalRanks.Select(local => local.Index))}.");
    }

    internal bool IsDisposed => Volatile.Read(ref disposed) != 0;

    /// <summary>Makes a group of ranks on the CPU, which does the same calls with the same results without a GPU.</summary>
    /// <param name="ranks">World size: 1 to 8, or 16.</param>
    /// <returns>A group, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">The world size is not supported.</exception>
    public static RankGroup OnCpu(int ranks)
    {
        var group = new RankGroup(GroupTopology.Cpu, ranks);
        using var activity = FusionActivities.OfGroup(group);
        group.Ranks = [.. Enumerable.Range(0, ranks).Select(index => new Rank(index, null, isLocal: true))];
        return group;
    }

    /// <summary>Makes a group of several ranks on one GPU, for tests and benchmarks.</summary>
    /// <param name="ranks">World size: 1 to 8, or 16.</param>
    /// <param name="gpu">Ordinal of the GPU, from 0.</param>
    /// <returns>A group, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">The world size is not supported.</exception>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    /// <exception cref="NoGpuException">There is no such GPU.</exception>
    /// <exception cref="GpuException">The driver cannot use it.</exception>
    public static RankGroup Loopback(int ranks, int gpu = 0) => Loopback(ranks, gpu, null);

    /// <summary>Makes a group of a rank on each of several GPUs, which all reach each other's memory. Peer access is enabled
    /// and checked by writing and reading before this returns.</summary>
    /// <param name="gpus">Ordinal of each rank's GPU. Naming a GPU several times puts several ranks on it. A rank alone exchanges
    /// nothing: its calls are their epilogues.</param>
    /// <returns>A group, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">The world size is not supported.</exception>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    /// <exception cref="NoGpuException">There is no such GPU.</exception>
    /// <exception cref="RankGroupException">A GPU cannot use another one's memory.</exception>
    /// <exception cref="RankGroupException">What a GPU wrote into another one's memory did not arrive.</exception>
    /// <exception cref="GpuException">The driver cannot use a GPU.</exception>
    public static RankGroup OnGpus(params ReadOnlySpan<int> gpus) => OfGpus(gpus.ToArray(), null);

    /// <summary>Disposes the operations that are left, each of which waits for its calls, then frees the ranks' streams and
    /// contexts. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        var left = BeginEnd();
        for (var i = left.Length - 1; i >= 0; i--) left[i].Dispose();
        End();
    }

    /// <summary>Does what <see cref="Dispose"/> does without blocking a thread while calls run.</summary>
    /// <returns>A task that ends when the group is disposed.</returns>
    public async ValueTask DisposeAsync()
    {
        var left = BeginEnd();
        for (var i = left.Length - 1; i >= 0; i--)
        {
            if (left[i] is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync().ConfigureAwait(false);
            else left[i].Dispose();
        }

        End();
    }

    private IDisposable[] BeginEnd()
    {
        lock (owned)
        {
            isClosing = true;
            return [.. owned];
        }
    }

    private void End()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        foreach (var rank in Ranks) rank.Stream?.Dispose();
        groupGpus.ForEach(gpu => gpu.Dispose());
        connection?.Dispose();
    }

    /// <summary>Registers an operation to be disposed with the group at the latest.</summary>
    /// <param name="operation">An operation on the group's GPUs.</param>
    internal void Own(IDisposable operation)
    {
        lock (owned)
        {
            if (!isClosing)
            {
                owned.Add(operation);
                return;
            }
        }

        operation.Dispose();
        throw new ObjectDisposedException(nameof(RankGroup));
    }

    /// <summary>Forgets an operation that was disposed.</summary>
    /// <param name="operation">The operation.</param>
    internal void Disown(IDisposable operation)
    {
        lock (owned) owned.Remove(operation);
    }

    /// <summary>Makes a group of several ranks on one GPU with kernels of the kind of image that options say.</summary>
    internal static RankGroup Loopback(int ranks, int gpu, KernelLoadOptions? kernels)
    {
        var group = new RankGroup(GroupTopology.Loopback, ranks);
        return group.OpenGpus([.. Enumerable.Repeat<int?>(gpu, ranks)], kernels);
    }

    internal static RankGroup OfGpus(int[] gpus, KernelLoadOptions? kernels)
    {
        var topology = gpus.Length > 1 && gpus.Distinct().Count() == 1 ? GroupTopology.Loopback : GroupTopology.Gpus;
        return new RankGroup(topology, gpus.Length).OpenGpus([.. gpus.Select(gpu => (int?)gpu)], kernels);
    }

    /// <summary>Makes a group of which this process has some ranks and other processes have the others.</summary>
    /// <param name="topology">Topology of all ranks.</param>
    /// <param name="gpus">Ordinal of the GPU of each rank of this process at the rank's index; null for ranks of other
    /// processes.</param>
    /// <param name="ranksOnGpu">Largest number of ranks of the whole group that share a GPU.</param>
    /// <param name="peers">Factory that is called once for each operation.</param>
    /// <param name="connection">Connection to the other processes, which is disposed with the group; null for none.</param>
    /// <param name="sharing">Way in which other processes map the workspaces of operations.</param>
    /// <param name="machines">Machines of the ranks, which do not all reach each other's memory; null if they do.</param>
    internal static RankGroup Partial(
        GroupTopology topology, int?[] gpus, int ranksOnGpu, Func<IPeers> peers, IDisposable? connection = null,
        MemorySharing sharing = MemorySharing.None, GroupMachines? machines = null)
    {
        var group = new RankGroup(topology, gpus.Length, peers).OpenGpus(gpus, null, sharing);
        (group.RanksOnGpu, group.Machines) = (ranksOnGpu, machines);
        group.connection = connection;
        return group;
    }

    /// <summary>Makes a group on the CPU of which this process has one rank and other processes have the others.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="rank">Index of this process's rank.</param>
    /// <param name="peers">Factory that is called once for each operation.</param>
    /// <param name="connection">Connection to the other processes, which is disposed with the group.</param>
    internal static RankGroup PartialOnCpu(int ranks, int rank, Func<IPeers> peers, IDisposable connection)
    {
        var group = new RankGroup(GroupTopology.Cpu, ranks, peers) { connection = connection };
        using var activity = FusionActivities.OfGroup(group);
        group.Ranks = [.. Enumerable.Range(0, ranks).Select(index => new Rank(index, null, isLocal: index == rank))];
        return group;
    }

    /// <summary>Connection to the other processes of the group; null if all ranks are in this one.</summary>
    internal IDisposable? Connection => connection;

    /// <summary>Makes an operation's view of all ranks.</summary>
    internal IPeers NewPeers() => peers();

    /// <summary>Makes NCCL for ranks that need it; tests make another one.</summary>
    internal Func<RankGroup, NcclAllReduce> MakeNccl { get; set; } = group => new(group);

    /// <summary>Gets the NCCL of operations that were given no library, which they share. All processes call this at the same step.</summary>
    /// <exception cref="NcclException">NCCL is missing, or cannot connect the ranks.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    internal NcclAllReduce ShareNccl() => Share(ref nccl, () => MakeNccl(this));

    /// <summary>Gets the NCCL of operations in two levels, which they share. All processes call this at the same step.</summary>
    /// <param name="given">NCCL that the program gave the operation; null for none.</param>
    /// <exception cref="NcclException">NCCL is missing, or cannot connect the ranks.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    internal NcclAllReduce ShareRails(NcclAllReduce? given) => Share(ref rails, () => NcclAllReduce.OfRails(this, given?.Communicators.Library));

    private NcclAllReduce Share(ref NcclAllReduce? shared, Func<NcclAllReduce> make)
    {
        var processes = (IGroupConnection)connection!;
        var isUsable = processes.Gather($"{processes.NewName()}: NCCL", [(byte)(shared is { Communicators.IsUsable: true } ? 1 : 0)]).All(one => one[0] == 1);
        if (isUsable) return shared!;
        // One that a rank aborted is of no use to the others.
        shared?.Abort();
        shared?.Dispose();
        return shared = make();
    }

    private RankGroup OpenGpus(int?[] gpus, KernelLoadOptions? kernels, MemorySharing sharing = MemorySharing.None)
    {
        using var activity = FusionActivities.OfGroup(this);
        try
        {
            foreach (var gpu in gpus.OfType<int>().Distinct())
            {
                var ranks = gpus.Count(other => other == gpu);
                if (ranks > 1 && NativeEnvironment.AllowManyStreams() is var streams && ranks > streams)
                    throw GroupErrors.TooFewQueues(gpu, ranks, streams);
                groupGpus.Add(new GroupGpu(gpu, ranks, kernels));
                RanksOnGpu = Math.Max(RanksOnGpu, ranks);
            }

            Ranks = [.. gpus.Select((gpu, index) => new Rank(
                index, groupGpus.Find(own => own.Context.Device.Ordinal == gpu), isLocal: gpu is not null, sharing))];
            foreach (var from in groupGpus)
            {
                foreach (var to in groupGpus.Where(to => to != from)) PeerAccess.Establish(from.Context, to.Context);
            }

            return this;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            Dispose();
            throw;
        }
    }
}
