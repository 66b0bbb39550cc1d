using System.Globalization;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's all-reduce, for what is too large for one-shot and two-shot: <see cref="AllReduceOptions.Library"/>.</summary>
/// <remarks>
/// <para>Its sums have NCCL's bits, which depend on NCCL's version, algorithm and number of ranks, and not those of the other
/// strategies. NCCL must be on the machine (<c>libnccl2</c>); Fusion brings none.</para>
/// <para>The waits in NCCL's kernels have no deadline. If a rank does not come, <see cref="Abort"/>, from another thread, ends
/// the others' kernels. Nor do NCCL's kernels leave room on the GPU for those of operations in other streams: while a call of NCCL
/// is in flight, launch others behind it in the same stream only.</para>
/// <para>Dispose it after the operations that use it and before the group, which otherwise does. Ranks may be launched from one
/// thread or from one each.</para>
/// </remarks>
public sealed class NcclAllReduce : ILibraryAllReduce, IDisposable
{
    private readonly NcclLibrary nccl;
    private readonly GpuContext[] contexts;
    private readonly nint[] communicators;
    private readonly RankGroup? group;

    // Who uses the communicators; nobody may once they are to be freed.
    private readonly UseGate uses = new();
    private readonly Lock freeing = new();
    private bool isFreed;

    /// <summary>Connects the ranks of a group.</summary>
    /// <param name="group">Ranks that each have a GPU of their own.</param>
    /// <param name="path">The library, or a folder that has it; null to let the loader find it by its name.</param>
    /// <exception cref="NoNcclException">There is no NCCL.</exception>
    /// <exception cref="NcclException">NCCL cannot connect them, or two ranks share a GPU, which it does not allow.</exception>
    public NcclAllReduce(RankGroup group, string? path = null)
        : this(ContextsOf(group), path)
    {
        this.group = group;
        group.Own(this);
    }

    internal NcclAllReduce(GpuContext[] contexts, string? path)
    {
        if (!NcclLibrary.TryLoad(path, out var library, out var failure)) throw new NoNcclException(path, failure);
        (nccl, this.contexts) = (library, contexts);
        communicators = new nint[contexts.Length];
        Check(nccl.Initialize(communicators, [.. contexts.Select(context => context.Device.Ordinal)]), "ncclCommInitAll");
    }

    /// <summary>How long <see cref="Dispose"/> waits for calls that run before it gives them up, and <see cref="Abort"/> for a
    /// thread that is in a function of NCCL.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>NCCL's version.</summary>
    public Version Version => nccl.Version;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The stream is of another GPU or context.</exception>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.ThrowUnlessOf(contexts[rank], "NCCL's communicator");
        if (!uses.TryEnter())
            throw new NcclException("NCCL was aborted: its communicators are gone. Make another NcclAllReduce, and an operation with it.");
        try
        {
            contexts[rank].MakeCurrent();
            Check(nccl.AllReduce(
                input.Address, output.Address, input.Rows * input.Columns, TypeOf(input.Type), communicators[rank], stream.Handle),
                "ncclAllReduce");
        }
        finally
        {
            uses.Leave();
        }
    }

    /// <summary>Reports what NCCL found wrong since it was last asked; nothing after an <see cref="Abort"/>.</summary>
    /// <exception cref="NcclException">Something went wrong.</exception>
    public void Check()
    {
        if (!uses.TryEnter()) return;
        try
        {
            foreach (var communicator in communicators)
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

    /// <summary>Ends kernels of NCCL that wait, on all ranks; nothing can be launched any more. Doing it twice is
    /// harmless.</summary>
    /// <exception cref="NcclException">A thread did not come back from a function of NCCL within <see cref="Timeout"/>, so that its
    /// communicators cannot be freed. It can be tried again.</exception>
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
    /// <see cref="Timeout"/> are given up, as by <see cref="Abort"/>. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        group?.Disown(this);
        // A thread that is stuck in NCCL keeps the communicators: to free them would be worse.
        if (!uses.Close(Timeout) || Array.Exists(contexts, context => context.IsDisposed)) return;
        if (isFreed) return;
        if (new GpuDrain(contexts).Wait(Timeout) && IsHealthy()) Free(() => nccl.Destroy(communicators));
        else Free(AbortAll);
    }

    private bool IsHealthy() => Array.TrueForAll(communicators, communicator =>
        nccl.GetAsyncError(communicator, out var error) == NcclResult.Success && error == NcclResult.Success);

    // Once, by whoever comes first; nobody uses the communicators any more.
    private void Free(Action free)
    {
        lock (freeing)
        {
            if (!isFreed) free();
            isFreed = true;
        }
    }

    private void AbortAll()
    {
        for (var rank = 0; rank < communicators.Length; rank++)
        {
            if (contexts[rank].IsDisposed) continue;
            contexts[rank].MakeCurrent();
            _ = nccl.Abort(communicators[rank]);
        }
    }

    private static GpuContext[] ContextsOf(RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (group.LocalRanks.Count < group.WorldSize)
            throw new NcclException("Ranks of this group are in other processes, but this class connects those of one process only.");
        var contexts = group.Ranks.Select(rank => rank.Context).OfType<GpuContext>().ToArray();
        if (contexts.Length < group.WorldSize)
            throw new NcclException("The ranks of this group are on the CPU, but NCCL sums on GPUs: give each rank one (RankGroup.OnGpus).");
        if (contexts.GroupBy(context => context.Device.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } shared)
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

    private void Check(NcclResult result, string function)
    {
        if (result is NcclResult.Success or NcclResult.InProgress) return;
        throw new NcclException(function, (int)result, nccl.TextOf(result), nccl.Version);
    }
}
