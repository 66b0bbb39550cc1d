namespace Fusion.Runtime;

/// <summary>The ranks of this process, on GPUs. What is known of the others comes from <see cref="IPeers"/>.</summary>
internal sealed class GpuEngine : IRankEngine
{
    private readonly GpuRank?[] ranks;
    private readonly GpuRank[] own;
    private readonly BlockShare[] shares;
    private readonly IPeers peers;
    private readonly StreamUses streams;
    private readonly FailureLatch failure;
    private readonly TimeSpan timeout;

    /// <param name="group">The group.</param>
    /// <param name="options">What the operation is for.</param>
    /// <param name="layout">The workspaces.</param>
    /// <param name="kernels">Kernels of the ranks of this process, in their order.</param>
    /// <param name="peers">All ranks, which agree. It is disposed with the engine.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuEngine(
        RankGroup group, AllReduceOptions options, in WorkspaceLayout layout, ReadOnlySpan<RankKernels> kernels, IPeers peers)
    {
        timeout = options.Timeout;
        this.peers = peers;
        failure = new FailureLatch(group.WorldSize);
        streams = new StreamUses(group.WorldSize);
        var made = new List<GpuRank>();
        var joined = new Dictionary<GpuContext, BlockShare>();
        try
        {
            foreach (var rank in group.LocalRanks)
            {
                var context = rank.Context!;
                var ownKernels = kernels[made.Count];
                if (!joined.TryGetValue(context, out var share))
                {
                    joined[context] = share = BlockBudget.Of(context.Device)
                        .Join(ownKernels.RanksOnGpu, rank.Index, ownKernels.BlocksPerMultiprocessor);
                }

                made.Add(new GpuRank(rank, options, layout, ownKernels, share));
            }

            own = [.. made];
            shares = [.. joined.Values];
            ranks = new GpuRank?[group.WorldSize];
            foreach (var rank in own) ranks[rank.Rank.Index] = rank;
            peers.Connect(own);
            foreach (var rank in own) rank.Connect(peers);
        }
        catch
        {
            made.ForEach(rank => rank.Dispose());
            foreach (var share in joined.Values) share.Dispose();
            throw;
        }
    }

    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan)
    {
        PollFailures();
        failure.ThrowBeforeLaunch(rank);
        var used = stream ?? ranks[rank]!.Rank.Stream!;
        streams.Enter(rank, used);
        try
        {
            ranks[rank]!.Launch(used, call, plan);
        }
        finally
        {
            streams.Leave(rank);
        }
    }

    public void Synchronize(int rank, GpuStream? stream)
    {
        var used = stream ?? ranks[rank]!.Rank.Stream!;
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

    public void Reset()
    {
        peers.GiveUp();
        var drain = new GpuDrain(own.Select(rank => rank.Rank.Context!));
        // A timeout may be shorter than kernels take to hear that they are to give up.
        var patience = timeout > GpuDrain.Grace ? timeout : GpuDrain.Grace;
        if (!drain.Wait(patience)) throw new ResetRequiredException(drain.Unfinished, patience);
        drain.ThrowIfFailed();
        // Only when no rank runs any more, each one's kernels write to all workspaces; and no rank may start before all are reset.
        WaitForPeers(patience);
        foreach (var rank in own) rank.Reset();
        WaitForPeers(patience);
        streams.ForgetAll();
        failure.Clear();
    }

    /// <summary>Waits for what was launched, and frees the memory. What does not end, although it was told to give up, is freed
    /// when it does.</summary>
    public void Dispose()
    {
        // Disposed too late: all is gone with the contexts.
        if (Array.Exists(own, rank => rank.Rank.Context!.IsDisposed))
        {
            Array.ForEach(shares, share => share.Dispose());
            peers.Dispose();
            return;
        }

        foreach (var rank in own) rank.Close();
        var drain = new GpuDrain(own.Select(rank => rank.Rank.Context!));
        if (!drain.Wait(timeout, CannotEnd))
        {
            peers.GiveUp();
            drain.Wait(GpuDrain.Grace);
        }

        // Ranks elsewhere may still write to these workspaces.
        peers.Barrier(GpuDrain.Grace);
        drain.Then(() =>
        {
            foreach (var rank in own) rank.Dispose();
            foreach (var share in shares) share.Dispose();
            peers.Dispose();
        });
    }

    // Whether the calls cannot all end by themselves: a rank gave up, or a rank that launched fewer calls is done with them and
    // launches no more, so that the others wait for a call that will not come.
    private bool CannotEnd()
    {
        PollFailures();
        if (failure.Failure is not null) return true;
        var (fewest, most) = (long.MaxValue, 0L);
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            var launched = peers.ProgressOf(rank).Launched;
            (fewest, most) = (Math.Min(fewest, launched), Math.Max(most, launched));
        }

        if (most == fewest) return false;
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            var progress = peers.ProgressOf(rank);
            if (progress.Launched == fewest && !(progress.IsDone && progress.IsClosed)) return false;
        }

        return true;
    }

    private void WaitForPeers(TimeSpan patience)
    {
        if (!peers.Barrier(patience)) throw new ResetRequiredException(patience);
    }

    // Whether a kernel gave up since.
    private void PollFailures()
    {
        if (failure.Failure is not null || !peers.TryFindFailure(out var found)) return;
        failure.Set(new PeerTimeoutException(found.Rank, [found.Peer], Words(found.Step), found.Token, found.Call, timeout));
        peers.GiveUp();
    }

    private static string Words(int step) => step switch
    {
        1 => "one-shot: the input",
        2 => "two-shot: the input",
        WaitStatus.Sum => "two-shot: the sum",
        _ => $"step {step}",
    };
}
