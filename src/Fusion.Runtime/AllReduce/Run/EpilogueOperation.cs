namespace Fusion.Runtime;

/// <summary>The epilogue of an all-reduce alone: residual add, norm and quantization of a tensor that each rank already has.
/// It is made once for a hidden size and a type, and launched for each rank and call.</summary>
/// <remarks>A call's <see cref="AllReduceCall.Input"/> is the sum. Nothing is exchanged, so ranks may launch different
/// calls. The results have the bits of the fused call: docs/numbers.md. A launch allocates nothing and can be recorded as a
/// CUDA graph. The operation is valid as long as its group; one without a group owns its kernels, and is
/// disposed.</remarks>
public sealed class EpilogueOperation : IDisposable
{
    private readonly RankGroup group;
    private readonly bool ownsGroup;
    private readonly WorkspaceLayout layout;
    private readonly RankKernels?[] kernels;
    private readonly ElementType type;

    /// <summary>Makes an operation and loads its kernels.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="options">Hidden size, type and largest call; policy, timeout and library are ignored.</param>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="RankGroupException">The kernel does not fit on a GPU.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    public EpilogueOperation(RankGroup group, AllReduceOptions options)
        : this(group, options, ownsGroup: false)
    {
    }

    private EpilogueOperation(RankGroup group, AllReduceOptions options, bool ownsGroup)
    {
        ArgumentNullException.ThrowIfNull(group);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
        (this.group, this.ownsGroup) = (group, ownsGroup);
        using var activity = FusionActivities.OfOperation("fusion.epilogue.create", group, options);
        try
        {
            var requests = group.LocalRanks.Select(rank => OptionsValidation.Check(options, group, rank)).ToArray();
            type = options.DataType;
            layout = WorkspaceLayout.For(requests[0]);
            kernels = new RankKernels?[group.WorldSize];
            foreach (var (rank, request) in group.LocalRanks.Zip(requests)) kernels[rank.Index] = RankKernels.Load(rank, group, request);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            Dispose();
            throw;
        }
    }

    /// <summary>Makes an operation on one GPU without a group.</summary>
    /// <param name="gpu">The GPU. Streams and memory are of its primary context, which <see cref="GpuContext.Open"/>
    /// gives.</param>
    /// <param name="options">Hidden size, type and largest call; policy, timeout and library are ignored.</param>
    /// <returns>An operation, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    public static EpilogueOperation OnGpu(GpuDevice gpu, AllReduceOptions options)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        return new(RankGroup.OnGpus(gpu.Ordinal), options, ownsGroup: true);
    }

    /// <summary>Makes an operation on the CPU without a group.</summary>
    /// <param name="options">Hidden size, type and largest call; policy, timeout and library are ignored.</param>
    /// <returns>An operation, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    public static EpilogueOperation OnCpu(AllReduceOptions options) => new(RankGroup.OnCpu(1), options, ownsGroup: true);

    /// <summary>Starts a call of an operation without a group, or of rank 0, and returns.</summary>
    /// <param name="stream">A stream of the GPU; null for the operation's own, and on the CPU.</param>
    /// <param name="call">Inputs and outputs.</param>
    /// <exception cref="FusionException">As in <see cref="Launch(int, GpuStream?, in AllReduceCall)"/>.</exception>
    public void Launch(GpuStream? stream, in AllReduceCall call) => Launch(0, stream, call);

    /// <summary>Starts a rank's call and returns. On a GPU, the results are there for later work in the same stream; on the
    /// CPU, at once.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">A stream of the rank's GPU; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <param name="call">Inputs and outputs of the rank; the input is the tensor that is already reduced.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="FusionArgumentException">The stream is of another GPU or context than the rank's.</exception>
    /// <exception cref="FusionArgumentException">A value of the call is wrong.</exception>
    /// <exception cref="FusionArgumentException">The call has too many tokens.</exception>
    /// <exception cref="FusionArgumentException">An address is not of the rank's GPU.</exception>
    /// <exception cref="FusionArgumentException">An output overlaps what it must not.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void Launch(int rank, GpuStream? stream, in AllReduceCall call)
    {
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
        StreamUses.Check(group.Local(rank), stream);
        var context = group.Ranks[rank].Context;
        CallValidation.Check(
            call, layout, context is null ? null : DriverMemoryInspector.Instance, context?.Device.Ordinal ?? 0);
        if (kernels[rank] is not { } loaded)
        {
            AllReduceReference.Compute(type, new ReadOnlySpan<AllReduceCall>(in call));
            return;
        }

        // With one rank the kernel's sum is its input.
        var kernel = new CallKernel { Parameters = new() { Ranks = 1, Hidden = layout.HiddenSize } };
        ParameterFill.Fill(ref kernel.Parameters, call);
        var epilogue = loaded.Epilogue(loaded.Variants.IndexOf(AllReduceEpilogue.Of(call)));
        kernel.Set(epilogue, 1, KernelChoice.SharedBytes(call.Quantization, layout.HiddenSize));
        kernel.Launch(stream ?? group.Ranks[rank].Stream!, loaded, null);
    }

    /// <summary>Frees the kernels of an operation without a group; does nothing for others. Disposing twice is
    /// harmless.</summary>
    public void Dispose()
    {
        if (ownsGroup) group.Dispose();
    }
}
