using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>NCCL's all-reduce, for what is too large for one-shot and two-shot: <see cref="AllReduceOptions.Library"/>.</summary>
/// <remarks>
/// <para>Its sums have NCCL's bits, which depend on NCCL's version, algorithm and number of ranks, and not those of the other
/// strategies. NCCL must be on the machine (<c>libnccl2</c>); Fusion brings none.</para>
/// <para>The waits in NCCL's kernels have no deadline. If a rank does not come, <see cref="Abort"/>, from another thread, ends
/// the others' kernels.</para>
/// <para>Dispose it after the operations that use it and before the group. Ranks may be launched from one thread or from one
/// each.</para>
/// </remarks>
public sealed class NcclAllReduce : ILibraryAllReduce, IDisposable
{
    private readonly NcclLibrary nccl;
    private readonly GpuContext[] contexts;
    private readonly nint[] communicators;
    private int aborted;

    /// <summary>Connects the ranks of a group.</summary>
    /// <param name="group">Ranks that each have a GPU of their own.</param>
    /// <param name="path">The library, or a folder that has it; null to let the loader find it by its name.</param>
    /// <exception cref="NoNcclException">There is no NCCL.</exception>
    /// <exception cref="NcclException">NCCL cannot connect them, or two ranks share a GPU, which it does not allow.</exception>
    public NcclAllReduce(RankGroup group, string? path = null)
        : this(ContextsOf(group), path)
    {
    }

    internal NcclAllReduce(GpuContext[] contexts, string? path)
    {
        // Connections that NCCL makes at the first call of a size need all ranks at once, but ranks may be launched one after
        // the other by one thread: it is to make all of them now.
        NativeEnvironment.SetDefault("NCCL_RUNTIME_CONNECT", "0");
        if (!NcclLibrary.TryLoad(path, out var library, out var failure)) throw new NoNcclException(path, failure);
        (nccl, this.contexts) = (library, contexts);
        communicators = new nint[contexts.Length];
        Check(nccl.Initialize(communicators, [.. contexts.Select(context => context.Device.Ordinal)]), "ncclCommInitAll");
    }

    /// <summary>NCCL's version.</summary>
    public Version Version => nccl.Version;

    /// <inheritdoc/>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (Volatile.Read(ref aborted) != 0)
            throw new NcclException("NCCL was aborted: its communicators are gone. Make another NcclAllReduce, and an operation with it.");
        contexts[rank].MakeCurrent();
        Check(nccl.AllReduce(
            input.Address, output.Address, input.Rows * input.Columns, TypeOf(input.Type), communicators[rank], stream.Handle),
            "ncclAllReduce");
    }

    /// <summary>Reports what NCCL found wrong since it was last asked.</summary>
    /// <exception cref="NcclException">Something went wrong.</exception>
    public void Check()
    {
        if (Volatile.Read(ref aborted) != 0) return;
        foreach (var communicator in communicators)
        {
            Check(nccl.GetAsyncError(communicator, out var error), "ncclCommGetAsyncError");
            Check(error, "a call");
        }
    }

    /// <summary>Ends kernels of NCCL that wait, on all ranks; nothing can be launched any more. Doing it twice is
    /// harmless.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref aborted, 1) != 0) return;
        for (var rank = 0; rank < communicators.Length; rank++)
        {
            if (contexts[rank].IsDisposed) continue;
            contexts[rank].MakeCurrent();
            _ = nccl.Abort(communicators[rank]);
        }
    }

    /// <summary>Frees NCCL's communicators, after an <see cref="Abort"/> of what still runs. Doing it twice is
    /// harmless.</summary>
    public void Dispose() => Abort();

    private static GpuContext[] ContextsOf(RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
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
