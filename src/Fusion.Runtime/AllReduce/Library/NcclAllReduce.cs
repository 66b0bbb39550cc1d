using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's all-reduce as <see cref="AllReduceOptions.Library"/>, for calls by
/// <see cref="AllReduceStrategy.Separate"/>.</summary>
/// <remarks>
/// <para>The sums have NCCL's bits, which depend on NCCL's version, algorithm and number of ranks, and not those of the
/// other strategies. NCCL must be installed (<c>libnccl2</c>); Fusion does not contain it.</para>
/// <para>NCCL's kernels wait without a timeout. If a rank does not launch, <see cref="Abort"/> from another thread ends the
/// other ranks' kernels. Between processes, calls of an <see cref="AllReduce"/> have that operation's timeout: it aborts NCCL, the calls end
/// with a <see cref="PeerTimeoutException"/>, and <see cref="AllReduce.Reset"/> connects the ranks anew. What CUDA graphs replay has it too, but
/// cannot be replayed after an abort. NCCL's
/// kernels leave no room on the GPU for operations in other streams: while a call of NCCL is in flight, launch other calls behind it in the same stream only.</para>
/// <para>In a group of several processes each makes its own at the same step, and its rank finds the others through NCCL; a step that takes
/// long has an end, and when a rank's process ends, NCCL's kernels of the others are aborted. There are no windows then.</para>
/// <para>Dispose it after the operations that use it and before the group, which disposes it otherwise. Ranks may be
/// launched from one thread or from one each.</para>
/// <para>Where ranks do not all reach each other's memory, <see cref="Collectives"/> exchange by its communicators too
/// (<see cref="CollectivesOptions.Nccl"/>).</para>
/// <para>With a window, calls of up to its size are copied into memory that NCCL's communicators know as symmetric, and summed there, which NCCL
/// can do without buffers of its own; what follows the sum reads it from there. Until a call and its epilogue are done, the window
/// is in use. Nothing else of NCCL is changed: variables such as NCCL_NVLS_ENABLE hold.</para>
/// </remarks>
public sealed class NcclAllReduce : ILibraryAllReduce, ISumsInPlace, IDisposable, IAsyncDisposable
{
    private readonly RankGroup? group;

    /// <summary>Connects the ranks of a group through NCCL.</summary>
    /// <param name="group">A group whose ranks each have a GPU of their own.</param>
    /// <param name="path">Path of the library or of a folder that has it; null to let the loader find it by name.</param>
    /// <param name="windowBytes">Size in bytes of a symmetric window on each rank, in which calls of up to that size are summed (NCCL from 2.27
    /// on); 0, the default, for none: between 2 and 4 H100s without NVLink multicast, windows were slower nearly everywhere.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    /// <exception cref="NcclException">NCCL cannot be found or loaded.</exception>
    /// <exception cref="NcclException">NCCL cannot connect the ranks, or two ranks share a GPU, which it does not
    /// allow.</exception>
    /// <exception cref="NcclException">NCCL has no symmetric windows, or makes none here.</exception>
    public NcclAllReduce(RankGroup group, string? path = null, long windowBytes = 0)
        : this(new NcclCommunicators(group, () => Load(path, isNeeded: group.Topology == GroupTopology.Machines), windowBytes))
    {
    }

    internal NcclAllReduce(RankGroup group, NcclLibrary library, long windowBytes)
        : this(new NcclCommunicators(group, () => library, windowBytes))
    {
    }

    internal NcclAllReduce(GpuContext[] contexts, string? path)
        : this(new NcclCommunicators(contexts, () => Load(path)))
    {
    }

    private NcclAllReduce(NcclCommunicators communicators)
    {
        Communicators = communicators;
        group = communicators.Group;
        group?.Own(this);
    }

    /// <summary>Longest time that <see cref="Dispose"/> waits for running calls before it aborts them, and that
    /// <see cref="Abort"/> waits for a thread that is inside a function of NCCL; 10 seconds by default.</summary>
    public TimeSpan Timeout
    {
        get => Communicators.Timeout;
        init => Communicators.Timeout = value;
    }

    /// <summary>Version of NCCL.</summary>
    public Version Version => Communicators.Version;

    /// <summary>Size in bytes of each rank's symmetric window; 0 if there is none.</summary>
    public long WindowBytes => Communicators.Windows?.Bytes ?? 0;

    /// <summary>NCCL that is taken where no path is given, in place of the one that the loader finds; null for that. For tests.</summary>
    internal static NcclLibrary? InPlaceOfTheInstalled { get; set; }

    /// <summary>The ranks' communicators, by which other operations of the group may launch too.</summary>
    internal NcclCommunicators Communicators { get; }

    /// <summary>Connects each rank of a group with those that have the same place on the other machines.</summary>
    /// <param name="group">A group of several machines with as many ranks each.</param>
    /// <param name="library">NCCL; null to let the loader find it.</param>
    /// <exception cref="NcclException">NCCL is missing, or cannot connect the ranks.</exception>
    internal static NcclAllReduce OfRails(RankGroup group, NcclLibrary? library) =>
        new(new NcclCommunicators(group, () => library ?? Load(null, isNeeded: true), group.Machines!.Rail));

    /// <inheritdoc/>
    ulong? ISumsInPlace.PlaceOf(int rank, long bytes) => Communicators.Windows?.PlaceOf(rank, bytes);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The stream is of another GPU or context.</exception>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output) =>
        Communicators.Launch(rank, stream, NcclCall.AllReduce(input, output));

    /// <summary>Throws if NCCL reports an error since the last check; does nothing after an <see cref="Abort"/>.</summary>
    /// <exception cref="NcclException">NCCL reports an error.</exception>
    /// <exception cref="PeerGoneException">A rank of another process is gone.</exception>
    public void ThrowIfFailed() => Communicators.ThrowIfFailed();

    /// <summary>Ends waiting kernels of NCCL on all ranks, after which nothing can be launched any more. Aborting twice is
    /// harmless.</summary>
    /// <exception cref="NcclException">A thread did not come back from a function of NCCL within <see cref="Timeout"/>, so
    /// that the communicators cannot be freed. The abort can be tried again.</exception>
    public void Abort() => Communicators.Abort();

    /// <summary>Waits for the calls that were launched and frees NCCL's communicators. Calls that have not ended after
    /// <see cref="Timeout"/> are aborted. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        group?.Disown(this);
        Communicators.Dispose();
    }

    /// <summary>Does what <see cref="Dispose"/> does on a thread of its own, since NCCL's functions block.</summary>
    /// <returns>A task that ends when the communicators are freed.</returns>
    public ValueTask DisposeAsync() => new(Task.Factory.StartNew(
        Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    private static NcclLibrary Load(string? path, bool isNeeded = false) => path is null && InPlaceOfTheInstalled is { } other ? other
        : NcclLibrary.TryLoad(path, out var library, out var failure) ? library : throw NcclException.NotFound(path, failure, isNeeded);
}
