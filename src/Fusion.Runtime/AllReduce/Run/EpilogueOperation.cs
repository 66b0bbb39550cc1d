namespace Fusion.Runtime;

/// <summary>The epilogue of an all-reduce alone: residual add, norm and quantization of a tensor that each rank already has.
/// It is made once for a hidden size and a type, and launched for each rank and call.</summary>
/// <remarks>A call's <see cref="AllReduceCall.Input"/> is the sum. Nothing is exchanged, so ranks may launch different
/// calls. The results have the bits of the fused call: docs/numbers.md. A launch allocates nothing and can be recorded as a
/// CUDA graph. The operation is valid as long as its group; one without a group owns its kernels and its stream, and is
/// disposed. Members may be called from any thread.</remarks>
public sealed class EpilogueOperation : IDisposable, IAsyncDisposable
{
    private readonly RankGroup group;
    private readonly bool ownsGroup;
    private readonly WorkspaceLayout layout;
    private readonly RankKernels?[] kernels;
    private readonly ElementType type;
    private int disposed;

    /// <summary>Makes an operation and loads its kernels.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="options">Hidden size, type, largest call and kernels.</param>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="RankGroupException">The kernel does not fit on a GPU.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    public EpilogueOperation(RankGroup group, EpilogueOptions options)
        : this(group, options, ownsGroup: false)
    {
    }

    private EpilogueOperation(RankGroup group, EpilogueOptions options, bool ownsGroup)
    {
        ArgumentNullException.ThrowIfNull(group);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
        (this.group, this.ownsGroup) = (group, ownsGroup);
        ArgumentNullException.ThrowIfNull(options);
        var made = options.ForAllReduce();
        using var activity = FusionActivities.OfOperation("fusion.epilogue.create", group, made);
        try
        {
            var requests = group.LocalRanks.Select(rank => OptionsValidation.Check(made, group, rank)).ToArray();
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
    /// <param name="options">Hidden size, type, largest call and kernels.</param>
    /// <returns>An operation, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    public static EpilogueOperation OnGpu(GpuDevice gpu, EpilogueOptions options)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        return new(RankGroup.OnGpus(gpu.Ordinal), options, ownsGroup: true);
    }

    /// <summary>Makes an operation on the CPU without a group.</summary>
    /// <param name="options">Hidden size, type, largest call and kernels.</param>
    /// <returns>An operation, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    public static EpilogueOperation OnCpu(EpilogueOptions options) => new(RankGroup.OnCpu(1), options, ownsGroup: true);

    /// <summary>Stream of rank 0, in which an operation without a group launches by default; null on the CPU.</summary>
    public GpuStream? Stream => group.LocalRanks[0].Stream;

    /// <summary>Starts a call of an operation without a group, or of rank 0, and returns.</summary>
    /// <param name="stream">A stream of the GPU; null for <see cref="Stream"/>, and on the CPU.</param>
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
    /// <exception cref="ObjectDisposedException">The operation or its group is disposed.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void Launch(int rank, GpuStream? stream, in AllReduceCall call)
    {
        ThrowIfDisposed();
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
        kernel.Set(epilogue, epilogue, 1, KernelChoice.SharedBytes(call.Quantization, layout.HiddenSize));
        kernel.Launch(stream ?? group.Ranks[rank].Stream!, loaded, null, 0, (int)call.Input.Rows);
    }

    /// <summary>Waits until the calls are done that a rank has launched in its own stream.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="ObjectDisposedException">The operation or its group is disposed.</exception>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void Synchronize(int rank = 0)
    {
        ThrowIfDisposed();
        group.Local(rank).Stream?.Synchronize();
    }

    /// <summary>Waits until the calls are done that a rank has launched in its own stream by now, without blocking a
    /// thread.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    /// <returns>A task that ends when the calls are done.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="ObjectDisposedException">The operation or its group is disposed.</exception>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public Task SynchronizeAsync(int rank = 0, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        var stream = group.Local(rank).Stream;
        if (stream is not null) return stream.SynchronizeAsync(cancellationToken);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;
    }

    /// <summary>Ends the operation, and frees kernels and stream of one without a group after the calls that run. Disposing
    /// twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0 && ownsGroup) group.Dispose();
    }

    /// <summary>Does what <see cref="Dispose"/> does without blocking a thread while calls run.</summary>
    /// <returns>A task that ends when the operation is disposed.</returns>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref disposed, 1) == 0 && ownsGroup ? group.DisposeAsync() : ValueTask.CompletedTask;

    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
    }
}
