namespace Fusion.Runtime;

/// <summary>Ranks on GPUs.</summary>
internal sealed class GpuEngine : IRankEngine
{
    private readonly GpuRank[] ranks;
    private readonly BlockShare[] shares;
    private readonly StreamUses streams;
    private readonly FailureLatch failure;
    private readonly TimeSpan timeout;

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuEngine(RankGroup group, AllReduceOptions options, in WorkspaceLayout layout, ReadOnlySpan<RankKernels> kernels)
    {
        timeout = options.Timeout;
        failure = new FailureLatch(group.WorldSize);
        streams = new StreamUses(group.WorldSize);
        var made = new List<GpuRank>();
        var joined = new Dictionary<GpuContext, BlockShare>();
        try
        {
            foreach (var rank in group.Ranks)
            {
                var context = rank.Context!;
                var own = kernels[rank.Index];
                if (!joined.TryGetValue(context, out var share))
                {
                    joined[context] = share = BlockBudget.Of(context.Device)
                        .Join(own.RanksOnGpu, rank.Index, own.BlocksPerMultiprocessor);
                }

                made.Add(new GpuRank(rank, options, layout, own, share));
            }
        }
        catch
        {
            made.ForEach(rank => rank.Dispose());
            foreach (var share in joined.Values) share.Dispose();
            throw;
        }

        ranks = [.. made];
        shares = [.. joined.Values];
        foreach (var rank in ranks) rank.Connect(ranks);
    }

    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan)
    {
        PollFailures();
        failure.ThrowBeforeLaunch(rank);
        var used = stream ?? ranks[rank].Rank.Stream!;
        streams.Enter(rank, used);
        try
        {
            ranks[rank].Launch(used, call, plan);
        }
        finally
        {
            streams.Leave(rank);
        }
    }

    public void Synchronize(int rank, GpuStream? stream)
    {
        var used = stream ?? ranks[rank].Rank.Stream!;
        // Not for ever: kernels of ours in it give up by themselves.
        used.Synchronize();
        streams.Forget(rank, used);
        PollFailures();
        failure.Throw(rank);
    }

    public void Check()
    {
        PollFailures();
        failure.Throw();
    }

    public void Rearm()
    {
        Poison();
        var drain = new GpuDrain(ranks.Select(rank => rank.Rank.Context!));
        // A timeout may be shorter than kernels take to hear that they are to give up.
        var patience = timeout > GpuDrain.Grace ? timeout : GpuDrain.Grace;
        if (!drain.Wait(patience)) throw new NotRearmedException(drain.Unfinished, patience);
        drain.ThrowIfFailed();
        // Only when no rank runs any more: each one's kernels write to all workspaces.
        foreach (var rank in ranks) rank.Reset();
        streams.ForgetAll();
        failure.Clear();
    }

    /// <summary>Waits for what was launched, and frees the memory. What does not end, although it was told to give up, is freed
    /// when it does.</summary>
    public void Dispose()
    {
        // Disposed too late: all is gone with the contexts.
        if (Array.Exists(ranks, rank => rank.Rank.Context!.IsDisposed))
        {
            Array.ForEach(shares, share => share.Dispose());
            return;
        }

        var drain = new GpuDrain(ranks.Select(rank => rank.Rank.Context!));
        if (!drain.Wait(timeout, HasFailed))
        {
            Poison();
            drain.Wait(GpuDrain.Grace);
        }

        drain.Then(() =>
        {
            foreach (var rank in ranks) rank.Dispose();
            foreach (var share in shares) share.Dispose();
        });
    }

    // Whether the calls cannot all end by themselves: a rank gave up, or a rank that launched fewer calls is done with them, so
    // that the others wait for a call that will not come.
    private bool HasFailed()
    {
        PollFailures();
        if (failure.Failure is not null) return true;
        var fewest = ranks.Min(rank => rank.Launched);
        return Array.Exists(ranks, rank => rank.Launched > fewest) &&
            Array.TrueForAll(ranks, rank => rank.Launched > fewest || IsDone(streams.Last(rank.Rank.Index)));
    }

    private static bool IsDone(GpuStream? stream) => stream is null or { IsDisposed: true } || (!stream.IsCaptured && !stream.IsBusy);

    private void Poison()
    {
        foreach (var rank in ranks) rank.Workspace.Poison();
    }

    // Whether a kernel gave up since. Who waited for a peer's own data tells more than who waited for a sum that the peer could
    // not make.
    private void PollFailures()
    {
        if (failure.Failure is not null) return;
        GpuRank? found = null;
        foreach (var rank in ranks)
        {
            ref var status = ref rank.Workspace.Status;
            if (Volatile.Read(ref status.Failed) == 0) continue;
            if (found is null || found.Workspace.Status.Step == WaitStatus.Sum) found = rank;
        }

        if (found is null) return;
        ref var why = ref found.Workspace.Status;
        failure.Set(new PeerTimeoutException(
            found.Rank.Index, [why.Peer], Words(why.Step), why.Token, (uint)why.Call, timeout));
        Poison();
    }

    private static string Words(int step) => step switch
    {
        1 => "one-shot: the input",
        2 => "two-shot: the input",
        WaitStatus.Sum => "two-shot: the sum",
        _ => $"step {step}",
    };
}
