namespace Fusion.Runtime;

/// <summary>All-reduce with residual add, norm and quantization: the operation of a group of ranks for one hidden size and
/// type, made once and launched for each rank and call.</summary>
/// <remarks>
/// <para>Every rank launches the same calls in the same order: from one thread that goes through the ranks, or from a thread a
/// rank. The results do not depend on the strategy, on the other tokens of a call, or on whether ranks are on GPUs or on the
/// CPU: docs/numbers.md.</para>
/// <para>A launch allocates nothing and can be recorded as a graph (<see cref="GpuGraph"/>). Of two launches of the same
/// rank, the second must be behind the first in its stream, or that stream be synchronized. Operations in different
/// streams may run at the same time where each rank has a GPU of its own; where ranks share a GPU, let one be done before another
/// one starts.</para>
/// <para>No wait is without an end: a rank that waits for another longer than <see cref="AllReduceOptions.Timeout"/> gives up,
/// and the next launch, <see cref="Check"/> or <see cref="Synchronize"/> throws a <see cref="PeerTimeoutException"/>.</para>
/// <para>Dispose it before its group, which otherwise does.</para>
/// </remarks>
public sealed class AllReduce : IDisposable
{
    private readonly RankGroup group;
    private readonly WorkspaceLayout layout;
    private readonly AllReduceKernels kernelsForOneModel;
    private readonly PlanTable plans;
    private readonly IRankEngine engine;
    private int disposed;

    /// <summary>Makes the operation: loads the kernels, allocates each rank's workspace, and compares the ranks' plans.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="options">What it is for.</param>
    /// <exception cref="AllReduceArgumentException">An option is wrong.</exception>
    /// <exception cref="PlanMismatchException">The ranks would not do the same, as on GPUs of two kinds.</exception>
    /// <exception cref="CoResidencyException">The ranks' blocks do not fit on a GPU at the same time.</exception>
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
        var ranks = group.LocalRanks;
        var requests = ranks.Select(rank => OptionsValidation.Check(optionsOf(rank.Index), group, rank)).ToArray();
        layout = WorkspaceLayout.For(requests[0]);
        var kernels = ranks.Zip(requests, (rank, request) => RankKernels.Load(rank, group, request)).ToArray();
        var peers = group.NewPeers();
        try
        {
            peers.Agree([.. ranks.Select((rank, i) => RankPlan.Of(
                requests[i], optionsOf(rank.Index).Timeout, WorkspaceLayout.For(requests[i]), kernels[i]?.Caps ?? []))]);
            engine = group.Topology == GroupTopology.Cpu
                ? new CpuEngine(group.WorldSize, Options.DataType, Options.Timeout)
                : new GpuEngine(group, Options, layout, kernels!, peers);
        }
        catch
        {
            peers.Dispose();
            throw;
        }

        kernelsForOneModel = requests[0].Kernels;
        plans = new PlanTable(requests[0]);
        group.Own(this);
    }

    /// <summary>What it was made for.</summary>
    public AllReduceOptions Options { get; }

    /// <summary>Memory that it holds on each rank for the exchange, in bytes; 0 on the CPU.</summary>
    public long WorkspaceBytes => layout.Bytes;

    /// <summary>Lets ranks have options of their own, which must agree: what ranks of several processes have.</summary>
    internal static AllReduce WithOptionsOf(Func<int, AllReduceOptions> ranks, RankGroup group) => new(ranks, group);

    /// <summary>How a call of so many tokens would be done, and why.</summary>
    /// <param name="tokens">Tokens of the call. For what cannot be done, the plan is a refusal with its reason.</param>
    public AllReducePlan Plan(int tokens) => plans.Get(tokens, null);

    /// <summary>How a call of so many tokens would be done, and why, with the kernels that its epilogue gets: those compiled for one
    /// model, where they fit (<see cref="AllReduceOptions.Kernels"/>).</summary>
    /// <param name="tokens">Tokens of the call. For what cannot be done, the plan is a refusal with its reason.</param>
    /// <param name="epilogue">What follows the sum: <see cref="AllReduceEpilogue.Of(in AllReduceCall)"/> a call, or
    /// <see cref="AllReduceEpilogue.Parse"/>d words.</param>
    /// <param name="force">A strategy in spite of the policy, as <see cref="Launch"/> takes it; null for the policy's.</param>
    public AllReducePlan Plan(int tokens, AllReduceEpilogue epilogue, AllReduceStrategy? force = null) =>
        plans.Explain(tokens, epilogue, force);

    /// <summary>Starts a rank's call and returns; the results are there when <see cref="Synchronize"/> has returned, or, on a
    /// GPU, for what is behind it in the stream. Allocates nothing; for more than 1024 tokens, or with a strategy named, from
    /// the second call of that size on. On the CPU, the launch of the last rank computes the call of all.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Rank.Stream"/>, and on
    /// the CPU.</param>
    /// <param name="call">What it reads and writes. The memory must stay until the call is done.</param>
    /// <param name="force">A strategy in spite of the policy, the same on all ranks; null for the policy's.</param>
    /// <returns>How the call is done, and why.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="AllReduceArgumentException">A value of the call is wrong.</exception>
    /// <exception cref="CapacityException">The call has too many tokens.</exception>
    /// <exception cref="WrongMemoryException">An address is not of the rank's GPU.</exception>
    /// <exception cref="OverlapException">An output overlaps what it must not.</exception>
    /// <exception cref="PlanRefusedException">The strategy that was asked for cannot do it.</exception>
    /// <exception cref="StreamConflictException">The stream is of another GPU or context, another rank uses it, or the rank's last
    /// call is in another one and not done.</exception>
    /// <exception cref="CallMismatchException">On the CPU: the ranks' calls are not the same.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up in an earlier call.</exception>
    /// <exception cref="ResetRequiredException">The rank was told of that before.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public AllReducePlan Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReduceStrategy? force = null)
    {
        MakeReady(rank, stream);
        var context = group.Ranks[rank].Context;
        CallValidation.Check(
            call, layout, context is null ? null : DriverMemoryInspector.Instance, context?.Device.Ordinal ?? 0);
        var variant = kernelsForOneModel.IndexOf(AllReduceEpilogue.Of(call));
        var plan = plans.Get((int)call.Input.Rows, force, variant);
        if (plan.IsRefused) throw new PlanRefusedException(plan);
        engine.Launch(rank, stream, call, plan);
        return plan;
    }

    /// <summary>Waits until a rank's calls are done. Ends in any case: kernels give up by themselves, and on the CPU the wait is
    /// <see cref="AllReduceOptions.Timeout"/> at most.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up, or on the CPU did not come.</exception>
    /// <exception cref="CallMismatchException">On the CPU: the ranks' calls were not the same.</exception>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void Synchronize(int rank, GpuStream? stream = null)
    {
        MakeReady(rank, stream);
        engine.Synchronize(rank, stream);
    }

    /// <summary>Throws if a rank gave up; does not wait. A call that still runs may yet fail.</summary>
    /// <exception cref="PeerTimeoutException">A rank gave up.</exception>
    /// <exception cref="CallMismatchException">On the CPU: the ranks' calls were not the same.</exception>
    public void Check()
    {
        ThrowIfDisposed();
        engine.Check();
    }

    /// <summary>Makes the operation usable again after a failure, for all ranks: waits for what still runs on their GPUs, and
    /// makes the workspaces as new. Calls that were launched before are void. Call it once, while no thread launches or
    /// synchronizes and no stream is recorded.</summary>
    /// <exception cref="ResetRequiredException">A GPU still works after <see cref="AllReduceOptions.Timeout"/>, 2 seconds at least, on what
    /// is not of this operation. Nothing was changed; it can be tried again.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        ThrowIfDisposed();
        engine.Reset();
    }

    /// <summary>Waits for the calls that were launched, so that their results are there, and frees the workspaces. The wait ends
    /// after <see cref="AllReduceOptions.Timeout"/>, or as soon as a rank gave up or waits for a call that another one did not
    /// launch: then the calls that still wait are given up, and their results are not to be used. Doing it twice is
    /// harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        engine.Dispose();
        group.Disown(this);
    }

    private void MakeReady(int rank, GpuStream? stream)
    {
        ThrowIfDisposed();
        if (rank < 0 || rank >= group.WorldSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(rank), rank, $"The group has ranks 0 to {group.WorldSize - 1}.");
        }

        if (!group.Ranks[rank].IsLocal)
        {
            throw new ArgumentOutOfRangeException(nameof(rank), rank,
                $"Another process has rank {rank}; this one launches {string.Join(", ", group.LocalRanks.Select(local => local.Index))}.");
        }

        StreamUses.Check(group.Ranks[rank], stream);
    }

    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ObjectDisposedException.ThrowIf(group.IsDisposed, group);
    }
}
