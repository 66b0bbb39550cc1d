using System.Globalization;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's all-reduce as <see cref="AllReduceOptions.Library"/>, for calls by
/// <see cref="AllReduceStrategy.Separate"/>.</summary>
/// <remarks>
/// <para>The sums have NCCL's bits, which depend on NCCL's version, algorithm and number of ranks, and not those of the
/// other strategies. NCCL must be installed (<c>libnccl2</c>); Fusion does not contain it.</para>
/// <para>NCCL's kernels wait without a timeout. If a rank does not launch, <see cref="Abort"/> from another thread ends the
/// other ranks' kernels. NCCL's kernels leave no room on the GPU for operations in other streams: while a call of NCCL is in
/// flight, launch other calls behind it in the same stream only.</para>
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
    private readonly UseGate uses = new();
    private readonly Lock freeing = new();
    private readonly ForgottenGuard guard;
    private bool isFreed;
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
        : this(group, () => Load(path), windowBytes)
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
        ArgumentNullException.ThrowIfNull(stream);
        var context = contexts[rank]
            ?? throw new NcclException($"Rank {rank} is in another process, which launches its calls: launch those of this process's rank alone.");
        stream.ThrowUnlessOf(context, "NCCL's communicator");
        ThrowIfARankIsGone();
        if (!uses.TryEnter())
            throw new NcclException("NCCL was aborted: its communicators are gone. Make another NcclAllReduce, and an operation with it.");
        try
        {
            context.MakeCurrent();
            var (count, type, bytes) = (input.Rows * input.Columns, TypeOf(input.Type), DeviceTensor.ByteCount(input.Type, input.Rows * input.Columns));
            var place = ((ISumsInPlace)this).PlaceOf(rank, bytes);
            if (place is { } window) Copy(window, input.Address, bytes, stream);
            var result = nccl.AllReduce(place ?? input.Address, place ?? output.Address, count, type, communicators[rank], stream.Handle);
            Check(result, "ncclAllReduce");
            if (connection is not null && result == NcclResult.InProgress) NcclOfProcesses.Wait(nccl, communicators[rank], Timeout, connection, "to launch a sum");
            if (place is { } sum) Copy(output.Address, sum, bytes, stream);
        }
        finally
        {
            uses.Leave();
        }
    }

    /// <summary>Throws if NCCL reports an error since the last check; does nothing after an <see cref="Abort"/>.</summary>
    /// <exception cref="NcclException">NCCL reports an error.</exception>
    /// <exception cref="PeerGoneException">A rank of another process is gone.</exception>
    public void ThrowIfFailed()
    {
        ThrowIfARankIsGone();
        if (!uses.TryEnter()) return;
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
            uses.Leave();
        }
    }

    /// <summary>Ends waiting kernels of NCCL on all ranks, after which nothing can be launched any more. Aborting twice is
    /// harmless.</summary>
    /// <exception cref="NcclException">A thread did not come back from a function of NCCL within <see cref="Timeout"/>, so
    /// that the communicators cannot be freed. The abort can be tried again.</exception>
    public void Abort()
    {
        if (!uses.Close(Timeout))
        {
            throw new NcclException(string.Create(CultureInfo.InvariantCulture,
                $"A thread has been in a function of NCCL for {Timeout.TotalSeconds:0.###} s. NCCL cannot be aborted while it is in use: " +
                $"see what that thread waits for, and call Abort again."));
        }

        Free(AbortAll);
    }

    /// <summary>Waits for the calls that were launched and frees NCCL's communicators. Calls that have not ended after
    /// <see cref="Timeout"/> are aborted. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        group?.Disown(this);
        connection?.RemoveTick(AbortIfARankIsGone);
        guard.Dispose();
        Close();
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
        if (isDone) Free(DestroyAll);
        else Free(AbortAll);
    }

    private IEnumerable<nint> Communicators => communicators.Where(communicator => communicator != 0);

    private bool IsHealthy() => Communicators.All(communicator =>
        nccl.GetAsyncError(communicator, out var error) == NcclResult.Success && error == NcclResult.Success);

    // The first caller frees. No thread uses the communicators any more.
    private void Free(Action free)
    {
        lock (freeing)
        {
            if (isFreed) return;
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
        if (connection!.Gone is null || Interlocked.Exchange(ref isEnding, 1) != 0) return;
        // The thread that asks must not be held up.
        new Thread(() =>
        {
            try
            {
                Abort();
            }
            catch (NcclException)
            {
                // A thread is in a function of NCCL for longer than the time-out; Dispose tries again.
            }
        })
        { IsBackground = true, Name = "Fusion: abort of NCCL" }.Start();
    }

    private static NcclLibrary Load(string? path) =>
        NcclLibrary.TryLoad(path, out var library, out var failure) ? library : throw NcclException.NotFound(path, failure);

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
