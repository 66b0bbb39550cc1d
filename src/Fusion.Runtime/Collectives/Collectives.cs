namespace Fusion.Runtime;

/// <summary>The collectives that tensor-parallel inference needs beside <see cref="AllReduce"/>: all-gather, reduce-scatter, and the
/// largest numbers of rows whose columns are spread over the ranks, as the logits of a vocabulary are.</summary>
/// <remarks>
/// <para>Every rank launches the same calls in the same order: from one thread that goes through the ranks, or from a thread a
/// rank. The results do not depend on the other rows of a call, or on whether ranks are on GPUs or on the CPU.</para>
/// <para>A launch allocates nothing and can be recorded as a CUDA graph (<see cref="GpuGraph"/>). Two launches of the same
/// rank go into the same stream; before a rank changes its stream, the old one must be synchronized. Where ranks share a GPU, one
/// operation must be done before another one starts.</para>
/// <para>Every wait has an end: a rank that waits for another one longer than <see cref="CollectivesOptions.Timeout"/> gives
/// up, and the next launch, <see cref="ThrowIfFailed"/> or <see cref="Synchronize"/> throws a
/// <see cref="PeerTimeoutException"/>. What CUDA graphs replay by NCCL has the same end, and cannot be replayed afterwards.</para>
/// <para>Where the ranks do not all reach each other's memory (<see cref="GroupTopology.Machines"/>), NCCL exchanges, between kernels that wait for
/// nobody. Gathers and choices have the same bits; sums have NCCL's.</para>
/// <para>Dispose it before its group; the group disposes what is left. After that each member throws an
/// <see cref="ObjectDisposedException"/>, except properties.</para>
/// </remarks>
public sealed class Collectives : IRankOperation
{
    internal const string Name = "collectives";

    private readonly RankGroup group;
    private readonly ICollectiveEngine engine;
    private readonly ForgottenGuard guard;
    private int disposed;

    /// <summary>Loads the kernels, allocates each rank's workspace, and checks that the ranks agree.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="options">Workspace and timeout; null for the defaults.</param>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="NcclException">The ranks do not all reach each other's memory (<see cref="GroupTopology.Machines"/>), and NCCL, which then
    /// exchanges, is missing or cannot connect them.</exception>
    /// <exception cref="RankGroupException">The ranks' GPUs are of two kinds.</exception>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on a GPU at the same time.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public Collectives(RankGroup group, CollectivesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
        this.group = group;
        Options = options ?? new();
        using var activity = FusionActivities.OfCollectives(group, Options);
        IPeers? peers = null;
        try
        {
            // First, so that ranks of other processes hear if this one cannot go on.
            peers = group.NewPeers();
            Options.Check();
            engine = group.Topology == GroupTopology.Machines ? ByNccl(peers) : ThroughMemory(peers);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            peers?.Dispose();
            throw;
        }

        guard = new(Name, engine.Dispose);
        group.Own(this);
    }

    /// <summary>Options with which the operation was made.</summary>
    public CollectivesOptions Options { get; }

    /// <summary>Starts a rank's all-gather along columns: each row of the output is that row of rank 0's input, then of rank 1's,
    /// and so on. A NaN may become another NaN; all other numbers keep their bits.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="input">Columns of the rank: [rows, columns] of bf16, f16 or f32, with a multiple of 8 columns.</param>
    /// <param name="output">Columns of all ranks: [rows, world size · columns] of the same type, not over the input.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="FusionArgumentException">A tensor is of another type, shape or GPU, or overlaps another one.</exception>
    /// <exception cref="RankGroupException">The ranks' calls are not the same. What CUDA graphs replay is not compared.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up in an earlier call.</exception>
    /// <exception cref="ResetRequiredException">The rank got that exception already, and <see cref="Reset"/> was not
    /// called.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void AllGatherColumns(int rank, in DeviceTensor input, in DeviceTensor output, GpuStream? stream = null) =>
        Launch(rank, stream, new(CollectiveKind.AllGatherColumns, input, output, null));

    /// <summary>Starts a rank's all-gather along rows: the rows of rank 0's input, then those of rank 1's, and so on. A NaN may
    /// become another NaN; all other numbers keep their bits.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="input">Rows of the rank: [rows, columns] of bf16, f16 or f32, with a multiple of 8 columns.</param>
    /// <param name="output">Rows of all ranks: [world size · rows, columns] of the same type, not over the input.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <exception cref="FusionException">As in <see cref="AllGatherColumns"/>.</exception>
    public void AllGatherRows(int rank, in DeviceTensor input, in DeviceTensor output, GpuStream? stream = null) =>
        Launch(rank, stream, new(CollectiveKind.AllGatherRows, input, output, null));

    /// <summary>Starts a rank's reduce-scatter by rows: the sum of the inputs over all ranks, of which rank r gets the r-th of as many
    /// equal parts as there are ranks. The sum has the bits of <see cref="AllReduce"/>'s; where NCCL sums (<see cref="GroupTopology.Machines"/>), the
    /// order is NCCL's, and the bits are those of neither.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="input">All rows: [rows, columns] of bf16, f16 or f32, with a multiple of the world size of rows and of 8
    /// columns.</param>
    /// <param name="output">The rank's rows: [rows / world size, columns] of the same type, not over the input.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <exception cref="FusionException">As in <see cref="AllGatherColumns"/>.</exception>
    public void ReduceScatterRows(int rank, in DeviceTensor input, in DeviceTensor output, GpuStream? stream = null) =>
        Launch(rank, stream, new(CollectiveKind.ReduceScatterRows, input, output, null));

    /// <summary>Starts the search for the k largest numbers of each row, over the columns of all ranks, the largest first. All ranks
    /// get the same results. Of equal numbers, of which 0 and -0 are two, the one at the lowest index comes first; NaN counts as larger
    /// than all numbers.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="input">Columns of the rank: [rows, columns] of bf16, f16 or f32, with a multiple of 8 columns, k or more. Column c
    /// of rank r has the index r · columns + c.</param>
    /// <param name="indices">Indices of the numbers: [rows, k] of <see cref="ElementType.Int32"/>. k is 1 for the likeliest token
    /// (argmax), 256 at most. If a rank gave up, they are -1.</param>
    /// <param name="values">The numbers: [rows, k] of f32, where -0 is 0; null if they are not wanted.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <exception cref="FusionException">As in <see cref="AllGatherColumns"/>.</exception>
    public void TopK(int rank, in DeviceTensor input, in DeviceTensor indices, in DeviceTensor? values = null, GpuStream? stream = null) =>
        Launch(rank, stream, new(CollectiveKind.TopK, input, values, indices));

    /// <summary>Waits until a rank's calls are done. The wait always ends: kernels give up by themselves, and on the CPU it
    /// lasts <see cref="CollectivesOptions.Timeout"/> at most.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up or, on the CPU, did not launch its call in time.</exception>
    /// <exception cref="RankGroupException">The ranks' calls were not the same.</exception>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void Synchronize(int rank, GpuStream? stream = null)
    {
        ThrowUnlessUsable(rank, stream);
        engine.Synchronize(rank, stream);
    }

    /// <summary>Waits until the calls that a rank has launched by now are done, without blocking a thread.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    /// <returns>A task that ends when the calls are done.</returns>
    /// <exception cref="FusionException">As in <see cref="Synchronize"/>.</exception>
    public Task SynchronizeAsync(int rank, GpuStream? stream = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessUsable(rank, stream);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken) : engine.SynchronizeAsync(rank, stream, cancellationToken);
    }

    /// <summary>Throws if a rank gave up, without waiting. A call that still runs may fail later. Each rank's next launch or wait still
    /// throws the failure.</summary>
    /// <exception cref="PeerTimeoutException">A rank gave up.</exception>
    /// <exception cref="RankGroupException">The ranks' calls were not the same.</exception>
    public void ThrowIfFailed()
    {
        ThrowIfDisposed();
        engine.ThrowIfFailed();
    }

    /// <summary>Makes the operation usable again after a failure, for all ranks: waits for what still runs on their GPUs and
    /// clears the workspaces. The results of calls that had not ended are undefined. Call it once, while no thread launches
    /// or synchronizes and no stream is being recorded.</summary>
    /// <exception cref="ResetRequiredException">A GPU is still busy with other work after
    /// <see cref="CollectivesOptions.Timeout"/> or 2 seconds, whichever is longer. Nothing was changed; the reset can be tried
    /// again.</exception>
    /// <exception cref="NcclException">NCCL was aborted, and cannot connect the ranks anew or has calls in CUDA graphs.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        ThrowIfDisposed();
        engine.Reset();
    }

    /// <summary>Waits for the calls that were launched, and frees the workspaces. The wait ends after
    /// <see cref="CollectivesOptions.Timeout"/>, or as soon as a rank gave up or waits for a call that another one did not launch.
    /// Disposing twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        engine.Dispose();
        group.Disown(this);
        guard.Dispose();
    }

    /// <summary>Does what <see cref="Dispose"/> does without blocking a thread while calls run.</summary>
    /// <returns>A task that ends when the operation is disposed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await engine.DisposeAsync().ConfigureAwait(false);
        group.Disown(this);
        guard.Dispose();
    }

    private ICollectiveEngine ThroughMemory(IPeers peers)
    {
        var kernels = group.LocalRanks.Select(rank => CollectiveKernels.Load(rank, group)).ToArray();
        Agree(peers, i => kernels[i]?.Caps ?? []);
        return group.Topology == GroupTopology.Cpu
            ? new CpuCollectives(group, Options.Timeout, peers)
            : GpuCollectives.ThroughMemory(group, Options, [.. kernels.OfType<CollectiveKernels>()], peers);
    }

    private GpuCollectives ByNccl(IPeers peers)
    {
        if (Options.Nccl is { } given && given.Communicators.Group != group)
            throw CallErrors.Argument(nameof(Options.Nccl), "an NcclAllReduce of another group", "one of the operation's group, or null for one that operations share", Name);
        var kernels = NcclCollectiveKernels.Load(group.LocalRanks[0]);
        Agree(peers, _ => [new("NCCL", Options.Nccl is null ? "none given" : "given")]);
        // All ranks make NCCL together, or none of them, since their plans agree.
        return GpuCollectives.ByNccl(group, Options, kernels, (Options.Nccl ?? group.ShareNccl()).Communicators, peers);
    }

    private void Agree(IPeers peers, Func<int, IEnumerable<KeyValuePair<string, string>>> more) => peers.Agree([.. group.LocalRanks.Select((rank, i) => RankPlan.Of(
        rank.Index,
        [new("world size", $"{group.WorldSize}"), new("workspace bytes", $"{Options.WorkspaceBytes}"), new("timeout", $"{Options.Timeout:c}"), .. more(i)]))]);

    private void Launch(int rank, GpuStream? stream, in CollectiveCall call)
    {
        ThrowUnlessUsable(rank, stream);
        var context = group.Ranks[rank].Context;
        CollectiveValidation.Check(call, group.WorldSize, context is null ? null : DriverMemoryInspector.Instance, context?.Device.Ordinal ?? 0);
        engine.Launch(rank, stream, call);
    }

    private void ThrowUnlessUsable(int rank, GpuStream? stream)
    {
        ThrowIfDisposed();
        StreamUses.Check(group.Local(rank), stream);
    }

    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
    }
}
