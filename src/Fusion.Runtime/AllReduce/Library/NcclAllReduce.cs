using System.Globalization;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's all-reduce as <see cref="AllReduceOptions.Library"/>, for calls by
/// <see cref="AllReduceStrategy.Separate"/>.</summary>
/// <remarks>
/// <para>The sums have NCCL's bits, which depend on NCCL's version, algorithm and number of ranks, and not those of the
/// other strategies. NCCL must be installed (<c>libnccl2</c>); Fusion does not contain it.</para>
/// <para>NCCL's kernels wait without a timeout. If a rank does not launch, <see cref="Abort"/> from another thread ends the
/// other ranks' kernels. Between processes, calls of an <see cref="AllReduce"/> have that operation's timeout: it aborts NCCL, the calls end
/// with a <see cref="PeerTimeoutException"/>, and <see cref="AllReduce.Reset"/> connects the ranks anew. What CUDA graphs replay has none. NCCL's
/// kernels leave no room on the GPU for operations in other streams: while a call of NCCL is in flight, launch other calls behind it in the same stream only.</para>
/// <para>In a group of several processes each makes its own at the same step, and its rank finds the others through NCCL; a step that takes
/// long has an end, and when a rank's process ends, NCCL's kernels of the others are aborted. There are no windows then.</para>
/// <para>Dispose it after the operations that use it and before the group, which disposes it otherwise. Ranks may be
/// launched from one thread or from one each.</para>
/// <para>With a window, calls of up to its size are copied into memory that NCCL's communicators know as symmetric, and summed there, which NCCL
/// can do without buffers of its own; what follows the sum reads it from there. Until a call and its epilogue are done, the window
/// is in use. Nothing else of NCCL is changed: variables such as NCCL_NVLS_ENABLE hold.</para>
/// </remarks>
public sealed class NcclAllReduce : ILibraryAllReduce, ISumsInPlace, IDisposable, IAsyncDisposable
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

    // Threads inside a function of NCCL. The communicators are freed only when there are none and none can enter.
    private UseGate uses = new();
    private readonly Lock freeing = new();
    private readonly ForgottenGuard guard;
    private readonly List<NcclWatch> watches = [];
    private bool isFreed;
    private bool isDisposed;
    private bool hasRecorded;
    private int isEnding;

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
        : this(group, () => Load(path, isNeeded: group.Topology == GroupTopology.Machines), windowBytes)
    {
    }

    internal NcclAllReduce(RankGroup group, NcclLibrary library, long windowBytes)
        : this(group, () => library, windowBytes)
    {
    }

    internal NcclAllReduce(GpuContext[] contexts, string? path)
        : this(contexts, null, () => Load(path), 0)
    {
    }

    private NcclAllReduce(RankGroup group, Func<NcclLibrary> load, long windowBytes)
        : this(ContextsOf(group), group, load, windowBytes)
    {
        this.group = group;
        group.Own(this);
    }

    private NcclAllReduce(GpuContext?[] contexts, RankGroup? group, Func<NcclLibrary> load, long windowBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowBytes);
        this.contexts = contexts;
        own = [.. contexts.OfType<GpuContext>()];
        communicators = new nint[contexts.Length];
        if (own.Length < contexts.Length)
        {
            connection = (IGroupConnection)group!.Connection!;
            if (windowBytes > 0) throw new NcclException("Symmetric windows are for ranks of one process, but ranks of this group are in others: leave windowBytes 0.");
            name = connection.NewName();
            (nccl, communicators[group.LocalRanks[0].Index]) = NcclOfProcesses.Connect(group, connection, name, load);
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

    /// <summary>Longest time that <see cref="Dispose"/> waits for running calls before it aborts them, and that
    /// <see cref="Abort"/> waits for a thread that is inside a function of NCCL; 10 seconds by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Version of NCCL.</summary>
    public Version Version => nccl.Version;

    /// <summary>Size in bytes of each rank's symmetric window; 0 if there is none.</summary>
    public long WindowBytes => windows?.Bytes ?? 0;

    /// <inheritdoc/>
    ulong? ISumsInPlace.PlaceOf(int rank, long bytes) => bytes > 0 && bytes <= WindowBytes ? windows!.AddressOf(rank) : null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The stream is of another GPU or context.</exception>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output)
    {
        if (TryLaunch(rank, stream, input, output, Timeout)) return;
        // What it began to connect cannot be launched into any more.
        BeginAbort();
        throw NcclOfProcesses.TookTooLong(nccl, Timeout, "to launch a sum");
    }

    /// <summary>Does what <see cref="Launch"/> does. Between processes NCCL may first connect the ranks, and waits for their launches then.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    /// <param name="input">Tensor that is summed.</param>
    /// <param name="output">Tensor that receives the sum.</param>
    /// <param name="longest">Longest time that NCCL may take to launch.</param>
    /// <returns>Whether it launched in time; if not, it must be aborted.</returns>
    internal bool TryLaunch(int rank, GpuStream stream, in DeviceTensor input, in DeviceTensor output, TimeSpan longest)
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
            var (count, type, bytes) = (input.Rows * input.Columns, TypeOf(input.Type), DeviceTensor.ByteCount(input.Type, input.Rows * input.Columns));
            var place = ((ISumsInPlace)this).PlaceOf(rank, bytes);
            if (place is { } window) Copy(window, input.Address, bytes, stream);
            var result = nccl.AllReduce(place ?? input.Address, place ?? output.Address, count, type, communicators[rank], stream.Handle);
            Check(result, "ncclAllReduce");
            if (connection is not null && result == NcclResult.InProgress && !NcclOfProcesses.TryWait(nccl, communicators[rank], longest, connection)) return false;
            if (place is { } sum) Copy(output.Address, sum, bytes, stream);
            return true;
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
    internal NcclWatch? Watch(ExchangeRank rank, TimeSpan timeout)
    {
        if (connection is null) return null;
        var made = new NcclWatch(this, connection, rank, timeout);
        lock (watches) watches.Add(made);
        return made;
    }

    /// <summary>Ends <see cref="Watch"/>.</summary>
    /// <param name="watch">What it gave.</param>
    internal void Forget(NcclWatch watch)
    {
        lock (watches) watches.Remove(watch);
    }

    /// <summary>World size.</summary>
    internal int WorldSize => communicators.Length;

    /// <summary>Whether sums can be launched: nothing was aborted or disposed.</summary>
    internal bool IsUsable => !isDisposed && !isFreed && Volatile.Read(ref isEnding) == 0;

    /// <summary>Connects the ranks anew if a rank's sums were aborted. All processes call this at the same step; no calls run.</summary>
    /// <exception cref="NcclException">Recorded calls would use what is gone, it was disposed, or NCCL cannot connect the ranks.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    internal void Renew()
    {
        const byte Aborted = 1, Recorded = 2, Disposed = 4;
        if (connection is null) return;
        var step = connection.NewName();
        var own = (byte)((IsUsable ? 0 : Aborted) | (hasRecorded ? Recorded : 0) | (isDisposed ? Disposed : 0));
        var all = connection.Gather($"{step}: state", [own]).Aggregate(0, (states, one) => states | one[0]);
        if ((all & Aborted) == 0) return;
        if ((all & Disposed) != 0) throw new NcclException("The NcclAllReduce of the operation is disposed. Make both again.");
        Abort();
        if ((all & Recorded) != 0)
        {
            throw new NcclException(
                "NCCL was aborted, and CUDA graphs have sums of it, which cannot be replayed any more. Dispose these graphs, the operation and its " +
                "NcclAllReduce on all ranks, and make them again.");
        }

        var rank = group!.LocalRanks[0].Index;
        communicators[rank] = NcclOfProcesses.Connect(group, connection, step, () => nccl).Communicator;
        lock (freeing)
        {
            Array.ForEach(this.own, context => context.Keep());
            isFreed = false;
            Volatile.Write(ref isEnding, 0);
            Volatile.Write(ref uses, new());
        }
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

    /// <summary>Ends waiting kernels of NCCL on all ranks, after which nothing can be launched any more. Aborting twice is
    /// harmless.</summary>
    /// <exception cref="NcclException">A thread did not come back from a function of NCCL within <see cref="Timeout"/>, so
    /// that the communicators cannot be freed. The abort can be tried again.</exception>
    public void Abort()
    {
        Interlocked.Exchange(ref isEnding, 1);
        TellWatches();
        AbortOnce(Volatile.Read(ref uses));
    }

    private void AbortOnce(UseGate closing)
    {
        if (!closing.Close(Timeout))
        {
            throw new NcclException(string.Create(CultureInfo.InvariantCulture,
                $"A thread has been in a function of NCCL for {Timeout.TotalSeconds:0.###} s. NCCL cannot be aborted while it is in use: " +
                $"see what that thread waits for, and call Abort again."));
        }

        Free(closing, AbortAll);
    }

    /// <summary>Waits for the calls that were launched and frees NCCL's communicators. Calls that have not ended after
    /// <see cref="Timeout"/> are aborted. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        group?.Disown(this);
        connection?.RemoveTick(AbortIfARankIsGone);
        guard.Dispose();
        Close();
        isDisposed = true;
    }

    /// <summary>Does what <see cref="Dispose"/> does on a thread of its own, since NCCL's functions block.</summary>
    /// <returns>A task that ends when the communicators are freed.</returns>
    public ValueTask DisposeAsync() => new(Task.Factory.StartNew(
        Dispose, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    private void Close()
    {
        // Communicators that a stuck thread still uses are leaked: to free them would crash it.
        if (!uses.Close(Timeout) || isFreed) return;
        var isDone = connection?.Gone is null && new GpuDrain(own).Wait(Timeout) && IsHealthy();
        // A rank that left would end the sums of the others, who may not be done yet.
        if (isDone) connection?.Meet($"{name}: end", GpuDrain.Grace);
        if (!isDone) TellWatches();
        Free(uses, isDone ? DestroyAll : AbortAll);
        // Nor may it leave the group while others still end theirs.
        if (isDone) connection?.Meet($"{name}: ended", GpuDrain.Grace);
    }

    private IEnumerable<nint> Communicators => communicators.Where(communicator => communicator != 0);

    private bool IsHealthy() => Communicators.All(communicator =>
        nccl.GetAsyncError(communicator, out var error) == NcclResult.Success && error == NcclResult.Success);

    // The first caller frees. No thread uses the communicators any more. Those that were made meanwhile have another gate.
    private void Free(UseGate closed, Action free)
    {
        lock (freeing)
        {
            if (isFreed || closed != uses) return;
            isFreed = true;
            free();
            windows?.Free();
            Array.ForEach(own, context => context.Release());
        }
    }

    private void DestroyAll()
    {
        windows?.Deregister();
        if (connection is null) _ = nccl.Destroy(communicators);
        else Array.ForEach([.. Communicators], Destroy);
    }

    // What the rank began ends when all ranks have begun it.
    private void Destroy(nint communicator)
    {
        try
        {
            Check(nccl.FinalizeRank(communicator), "ncclCommFinalize");
            NcclOfProcesses.Wait(nccl, communicator, Timeout, connection!, "for the end of the other ranks");
            _ = nccl.DestroyRank(communicator);
        }
        catch (FusionException)
        {
            _ = nccl.Abort(communicator);
        }
    }

    // To deregister is a call like others, and would wait for kernels that never end.
    private void AbortAll()
    {
        for (var rank = 0; rank < communicators.Length; rank++)
        {
            if (contexts[rank]?.TryMakeCurrentToFree() == true) _ = nccl.Abort(communicators[rank]);
        }
    }

    private void ThrowIfARankIsGone()
    {
        if (connection?.Gone is { } gone) throw gone.CopyForThread();
    }

    // Its sums would be waited for without an end.
    private void AbortIfARankIsGone()
    {
        if (connection!.Gone is not null) BeginAbort();
    }

    // Calls that run end without their sums, of which their operations must hear before that.
    private void TellWatches()
    {
        NcclWatch[] all;
        lock (watches) all = [.. watches];
        foreach (var watch in all) watch.EndWithoutSum();
    }

    /// <summary>Begins <see cref="Abort"/> on a thread of its own. Operations hear of it before this returns.</summary>
    internal void BeginAbort()
    {
        if (Interlocked.Exchange(ref isEnding, 1) != 0) return;
        TellWatches();
        var closing = Volatile.Read(ref uses);
        // The thread that asks must not be held up.
        new Thread(() =>
        {
            try
            {
                AbortOnce(closing);
            }
            catch (NcclException)
            {
                // A thread is in a function of NCCL for longer than the time-out; Dispose tries again.
            }
        })
        { IsBackground = true, Name = "Fusion: abort of NCCL" }.Start();
    }

    private static NcclLibrary Load(string? path, bool isNeeded = false) =>
        NcclLibrary.TryLoad(path, out var library, out var failure) ? library : throw NcclException.NotFound(path, failure, isNeeded);

    private static void Copy(ulong target, ulong source, long bytes, GpuStream stream)
    {
        if (target != source) GpuDriver.Check(GpuDriver.Library.Memory.Copy(target, source, (nuint)bytes, stream.Handle), "cuMemcpyAsync");
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

    private static NcclDataType TypeOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => NcclDataType.Bf16,
        ElementType.Float16 => NcclDataType.F16,
        ElementType.Float32 => NcclDataType.F32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "An all-reduce sums bf16, f16 or f32."),
    };

    private void Check(NcclResult result, string function) => NcclException.ThrowIfFailed(nccl, result, function);
}
