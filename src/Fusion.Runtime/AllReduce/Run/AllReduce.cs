namespace Fusion.Runtime;

/// <summary>An all-reduce fused with residual add, norm and quantization. It is made once for a group of ranks, a hidden
/// size and a type, and launched for each rank and call.</summary>
/// <remarks>
/// <para>Every rank launches the same calls in the same order: from one thread that goes through the ranks, or from a thread a
/// rank. The results do not depend on the strategy, on the other tokens of a call, or on whether ranks are on GPUs or on the
/// CPU: docs/numbers.md.</para>
/// <para>A launch allocates nothing and can be recorded as a CUDA graph (<see cref="GpuGraph"/>). Two launches of the same
/// rank go into the same stream; before a rank changes its stream, the old one must be synchronized. Operations in different
/// streams may run at the same time where each rank has a GPU of its own; where ranks share a GPU, one operation must be
/// done before another one starts.</para>
/// <para>Every wait has an end: a rank that waits for another one longer than <see cref="AllReduceOptions.Timeout"/> gives
/// up, and the next launch, <see cref="ThrowIfFailed"/> or <see cref="Synchronize"/> throws a
/// <see cref="PeerTimeoutException"/>. Sums of a library have the library's waits; those of <see cref="NcclAllReduce"/> between processes end
/// in the same way, unless a CUDA graph replays them.</para>
/// <para>Dispose the operation before its group; the group disposes what is left. After that each member throws an
/// <see cref="ObjectDisposedException"/>, except properties and plans.</para>
/// </remarks>
public sealed class AllReduce : IRankOperation
{
    private readonly RankGroup group;
    private readonly WorkspaceLayout layout;
    private readonly AllReduceKernels kernelsForOneModel;
    private readonly PlanTable plans;
    private readonly IRankEngine engine;
    private readonly ForgottenGuard guard;
    private int disposed;

    /// <summary>Makes an operation: loads the kernels, allocates each rank's workspace, and checks that the ranks' plans
    /// agree.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="options">Hidden size, type, largest call, and how to do it.</param>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    /// <exception cref="RankGroupException">The ranks' plans differ, as on GPUs of two kinds.</exception>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on a GPU at the same time.</exception>
    /// <exception cref="NcclException">The ranks do not all reach each other's memory, and NCCL, which then sums, is missing or cannot connect
    /// them.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded (codes FUSION2xxx).</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public AllReduce(RankGroup group, AllReduceOptions options)
        : this(_ => options, group)
    {
    }

    private AllReduce(Func<int, AllReduceOptions> optionsOf, RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
        this.group = group;
        Options = optionsOf(group.LocalRanks[0].Index);
        using var activity = FusionActivities.OfOperation("fusion.allreduce.create", group, Options);
        IPeers? peers = null;
        try
        {
            // First, so that ranks of other processes hear if this one cannot go on.
            peers = group.NewPeers();
            var ranks = group.LocalRanks;
            var requests = ranks.Select(rank => OptionsValidation.Check(optionsOf(rank.Index), group, rank)).ToArray();
            layout = WorkspaceLayout.For(requests[0]);
            var kernels = ranks.Zip(requests, (rank, request) => RankKernels.Load(rank, group, request, optionsOf(rank.Index).StartsNextEarlyTokens)).ToArray();
            peers.Agree([.. ranks.Select((rank, i) => PlanOf(optionsOf(rank.Index), rank.Index, requests[i], kernels[i]))]);
            engine = group.Topology == GroupTopology.Cpu
                ? new CpuEngine(group, Options.DataType, Options.Timeout, peers)
                : new GpuEngine(group, WithLibrary(Options), layout, [.. kernels.OfType<RankKernels>()], peers, layout.NearRanks > 0 ? group.Machines!.Share() : null);
            kernelsForOneModel = requests[0].Kernels;
            plans = new PlanTable(requests[0]);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            peers?.Dispose();
            throw;
        }

        guard = new("all-reduce", engine.Dispose);
        group.Own(this);
    }

    /// <summary>Options with which the operation was made.</summary>
    public AllReduceOptions Options { get; }

    /// <summary>Size of each rank's workspace in bytes; 0 on the CPU, and where ranks do not all reach each other's memory, unless they sum in two
    /// levels.</summary>
    public long WorkspaceBytes => layout.Bytes;

    /// <summary>Makes an operation whose ranks have options of their own, as ranks of several processes have; they must
    /// agree.</summary>
    internal static AllReduce WithOptionsOf(Func<int, AllReduceOptions> ranks, RankGroup group) => new(ranks, group);

    /// <summary>Explains how a call of a number of tokens is done, and why. Which kernels compiled for one model fit it is
    /// left open without its epilogue.</summary>
    /// <param name="tokens">Number of tokens of the call. The plan of a call that cannot be done is a refusal with its
    /// reason.</param>
    public AllReducePlan Plan(int tokens) => plans.Get(tokens, null);

    /// <summary>Explains how a call with an epilogue is done, and why, by kernels compiled for one model where they fit
    /// (<see cref="AllReduceOptions.Kernels"/>).</summary>
    /// <param name="tokens">Number of tokens of the call. The plan of a call that cannot be done is a refusal with its
    /// reason.</param>
    /// <param name="epilogue">Epilogue of the call, from <see cref="AllReduceEpilogue.Of(in AllReduceCall)"/> or
    /// <see cref="AllReduceEpilogue.Parse"/>.</param>
    /// <param name="strategy">The strategy to use, as in <see cref="Launch(int, GpuStream?, in AllReduceCall, AllReduceStrategy?)"/>; null to let the policy choose.</param>
    public AllReducePlan Plan(int tokens, AllReduceEpilogue epilogue, AllReduceStrategy? strategy = null) =>
        plans.Explain(tokens, epilogue, strategy);

    /// <summary>Starts a rank's call and returns. The results are there when <see cref="Synchronize"/> has returned and, on
    /// a GPU, for later work in the same stream. A launch allocates nothing, except the first one of a size above 1024
    /// tokens or with a named strategy. On the CPU, the launch of the last rank computes the call of all.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <param name="call">Inputs and outputs of the rank. Their memory must stay until the call is done.</param>
    /// <param name="strategy">The strategy to use, the same on all ranks; null to let the policy choose.</param>
    /// <returns>How the call is done, and why.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="FusionArgumentException">A value of the call is wrong.</exception>
    /// <exception cref="FusionArgumentException">The call has too many tokens.</exception>
    /// <exception cref="FusionArgumentException">An address is not of the rank's GPU.</exception>
    /// <exception cref="FusionArgumentException">An output overlaps what it must not.</exception>
    /// <exception cref="FusionArgumentException">The strategy named by <paramref name="strategy"/> cannot do the call.</exception>
    /// <exception cref="FusionArgumentException">The stream is of another GPU or context, another rank uses it, or the
    /// rank's last call is in another stream and not done.</exception>
    /// <exception cref="RankGroupException">The ranks' calls are not the same. What CUDA graphs replay is not compared.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up in an earlier call.</exception>
    /// <exception cref="ResetRequiredException">The rank got the exception of an earlier failure already, and
    /// <see cref="Reset"/> was not called.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public AllReducePlan Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReduceStrategy? strategy = null)
    {
        ThrowUnlessUsable(rank, stream);
        Validate(rank, call);
        var plan = plans.Get((int)call.Input.Rows, strategy, VariantOf(call));
        if (plan.IsRefused) throw CallErrors.PlanRefused(plan);
        using (NvtxRanges.Push(plan)) engine.Launch(rank, stream, call, plan);
        FusionMetrics.CountCall(plan, call.Input);
        return plan;
    }

    /// <summary>Starts a rank's call in the rank's own stream, or on the CPU, and returns.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">Inputs and outputs of the rank. Their memory must stay until the call is done.</param>
    /// <returns>How the call is done, and why.</returns>
    /// <exception cref="FusionException">As in <see cref="Launch(int, GpuStream?, in AllReduceCall, AllReduceStrategy?)"/>.</exception>
    public AllReducePlan Launch(int rank, in AllReduceCall call) => Launch(rank, null, call, null);

    /// <summary>Validates and plans a rank's call once, to be launched any number of times at little more than the cost of the
    /// driver's own launch.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">Inputs and outputs of the rank, with the most tokens that a launch will have. Their memory must stay
    /// until the last launch is done.</param>
    /// <param name="strategy">The strategy to use, the same on all ranks; null to let the policy choose.</param>
    /// <returns>The call, which needs no disposing.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="FusionArgumentException">A value of the call is wrong.</exception>
    /// <exception cref="FusionArgumentException">The call has too many tokens.</exception>
    /// <exception cref="FusionArgumentException">An address is not of the rank's GPU.</exception>
    /// <exception cref="FusionArgumentException">An output overlaps what it must not.</exception>
    /// <exception cref="FusionArgumentException">The strategy named by <paramref name="strategy"/> cannot do the call.</exception>
    public PreparedAllReduce Prepare(int rank, in AllReduceCall call, AllReduceStrategy? strategy = null)
    {
        ThrowUnlessUsable(rank, null);
        Validate(rank, call);
        return new(this, engine, plans, rank, call, strategy, VariantOf(call));
    }

    /// <summary>Waits until a rank's calls are done. The wait always ends: kernels give up by themselves, and on the CPU it
    /// lasts <see cref="AllReduceOptions.Timeout"/> at most.</summary>
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

    /// <summary>Waits until the calls that a rank has launched by now are done, without blocking a thread. The wait always ends:
    /// kernels give up by themselves, and on the CPU it lasts <see cref="AllReduceOptions.Timeout"/> at most.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    /// <returns>A task that ends when the calls are done.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up or, on the CPU, did not launch its call in time.</exception>
    /// <exception cref="RankGroupException">The ranks' calls were not the same.</exception>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public Task SynchronizeAsync(int rank, GpuStream? stream = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessUsable(rank, stream);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken) : engine.SynchronizeAsync(rank, stream, cancellationToken);
    }

    /// <summary>Waits until the calls that a rank has launched in its own stream, or on the CPU, are done, without blocking a
    /// thread.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    /// <returns>A task that ends when the calls are done.</returns>
    /// <exception cref="FusionException">As in <see cref="SynchronizeAsync(int, GpuStream?, CancellationToken)"/>.</exception>
    public Task SynchronizeAsync(int rank, CancellationToken cancellationToken) => SynchronizeAsync(rank, null, cancellationToken);

    /// <summary>Waits until the calls that all ranks of this process have launched in their own streams, or on the CPU, are done,
    /// without blocking a thread. Each rank's wait ends before the task does, also if another rank failed.</summary>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    /// <returns>A task that ends when the calls are done.</returns>
    /// <exception cref="FusionException">As in <see cref="SynchronizeAsync(int, GpuStream?, CancellationToken)"/>, for the first rank
    /// that failed.</exception>
    public Task SynchronizeAllAsync(CancellationToken cancellationToken = default) =>
        Task.WhenAll(group.LocalRanks.Select(rank => SynchronizeAsync(rank.Index, null, cancellationToken)));

    /// <summary>Throws if a rank gave up, without waiting. A call that still runs may fail later. It can be called at any time,
    /// such as by a health check: each rank's next launch or wait still throws the failure.</summary>
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
    /// <see cref="AllReduceOptions.Timeout"/> or 2 seconds, whichever is longer. Nothing was changed; the reset can be tried
    /// again.</exception>
    /// <exception cref="NcclException">NCCL was aborted, and cannot connect the ranks anew or has sums in CUDA graphs.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        ThrowIfDisposed();
        engine.Reset();
    }

    /// <summary>Waits for the calls that were launched, so that their results are there, and frees the workspaces. The wait
    /// ends after <see cref="AllReduceOptions.Timeout"/>, or as soon as a rank gave up or waits for a call that another one
    /// did not launch: then the waiting calls are aborted, and their results are undefined. Disposing twice is
    /// harmless.</summary>
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

    /// <summary>Throws unless a prepared call can be launched with another input.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">The call with its new input.</param>
    internal void CheckInput(int rank, in AllReduceCall call)
    {
        var context = group.Ranks[rank].Context;
        CallValidation.CheckInput(
            call, layout, context is null ? null : DriverMemoryInspector.Instance, context?.Device.Ordinal ?? 0);
    }

    private void Validate(int rank, in AllReduceCall call)
    {
        var context = group.Ranks[rank].Context;
        CallValidation.Check(
            call, layout, context is null ? null : DriverMemoryInspector.Instance, context?.Device.Ordinal ?? 0);
    }

    private static RankPlan PlanOf(AllReduceOptions options, int rank, PlanRequest request, RankKernels? kernels)
    {
        var plan = RankPlan.Of(rank, request, options.Timeout, WorkspaceLayout.For(request), kernels?.Caps ?? []);
        return request.Topology == GroupTopology.Machines ? plan.WithLibrary(options.Library) : plan;
    }

    // All ranks make NCCL together, or none of them, since their plans agree.
    private AllReduceOptions WithLibrary(AllReduceOptions options) =>
        layout.NearRanks > 0 ? options with { Library = group.ShareRails(options.Library as NcclAllReduce) } :
        group.Topology == GroupTopology.Machines && options.Library is null ? options with { Library = group.ShareNccl() } : options;

    private int VariantOf(in AllReduceCall call) => kernelsForOneModel.IndexOf(AllReduceEpilogue.Of(call));

    internal void ThrowUnlessUsable(int rank, GpuStream? stream)
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
