namespace Fusion.Runtime;

/// <summary>Ranks on GPUs.</summary>
internal sealed class GpuEngine : IRankEngine
{
    private readonly GpuRank[] ranks;
    private readonly StreamUse[] streams;
    private readonly FailureLatch failure;
    private readonly TimeSpan timeout;

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuEngine(RankGroup group, AllReduceOptions options, in WorkspaceLayout layout, ReadOnlySpan<RankKernels> kernels)
    {
        timeout = options.Timeout;
        failure = new FailureLatch(group.WorldSize);
        var made = new List<GpuRank>();
        try
        {
            foreach (var rank in group.Ranks) made.Add(new GpuRank(rank, options, layout, kernels[rank.Index]));
        }
        catch
        {
            made.ForEach(rank => rank.Dispose());
            throw;
        }

        ranks = [.. made];
        streams = [.. made.Select(rank => rank.Streams)];
        foreach (var rank in ranks) rank.Connect(ranks);
    }

    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan)
    {
        Look();
        failure.ThrowBeforeLaunch(rank);
        var used = stream ?? ranks[rank].Rank.Stream!;
        var (own, given) = (ranks[rank].Rank.Context!.Device, used.Context.Device);
        if (own.Ordinal != given.Ordinal) throw StreamConflictException.OtherGpu(rank, own, given);
        var use = streams[rank];
        use.Enter(rank, used, streams);
        try
        {
            ranks[rank].Launch(used, call, plan);
        }
        finally
        {
            use.Leave();
        }
    }

    public void Synchronize(int rank, GpuStream? stream)
    {
        var used = stream ?? ranks[rank].Rank.Stream!;
        // Not for ever: kernels of ours in it give up by themselves.
        used.Synchronize();
        streams[rank].Forget(used);
        Look();
        failure.Throw(rank);
    }

    public void Check()
    {
        Look();
        failure.Throw();
    }

    public void Rearm()
    {
        Quiet();
        // Only when no rank runs any more: each one's kernels write to all workspaces.
        foreach (var rank in ranks) rank.Workspace.Reset();
        foreach (var use in streams) use.Forget(null);
        failure.Clear();
    }

    public void Dispose()
    {
        // Disposed too late: all is gone with the contexts, the memory that Quiet writes to among it.
        if (Array.Exists(ranks, rank => rank.Rank.Context!.IsDisposed)) return;
        try
        {
            Quiet();
        }
        catch (GpuException)
        {
            // A kernel failed, and with it the context: nothing runs any more.
        }

        foreach (var rank in ranks) rank.Dispose();
    }

    // Waits for all GPUs, where kernels that wait are told not to.
    private void Quiet()
    {
        foreach (var rank in ranks) rank.Workspace.Poison();
        foreach (var rank in ranks) rank.Rank.Context!.Synchronize();
    }

    // Whether a kernel gave up since. Who waited for a peer's own data tells more than who waited for a sum that the peer could
    // not make.
    private void Look()
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
        foreach (var rank in ranks) rank.Workspace.Poison();
    }

    private static string Words(int step) => step switch
    {
        1 => "one-shot: the input",
        2 => "two-shot: the input",
        WaitStatus.Sum => "two-shot: the sum",
        _ => $"step {step}",
    };
}
