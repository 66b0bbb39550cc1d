namespace Fusion.Runtime;

/// <summary>Runs the calls of this process's ranks on GPUs: room on the GPU, streams, waits, failures and the end. What is known
/// of the other ranks comes from <see cref="IPeers"/>.</summary>
/// <typeparam name="TRank">What launches the calls of a rank.</typeparam>
/// <typeparam name="TShape">What all ranks' calls have in common.</typeparam>
internal abstract class GpuExchange<TRank, TShape> : IExchangeEngine
    where TRank : ExchangeRank
    where TShape : unmanaged, ICallShape, IEquatable<TShape>
{
    // A process that ends, and what another one reports, is heard of within a second.
    private static readonly TimeSpan UntilTheGroupHears = TimeSpan.FromSeconds(1);

    private readonly TRank?[] ranks;
    private readonly TRank[] own;
    private readonly BlockShare[] shares;
    private readonly IPeers peers;
    private readonly StreamUses streams;
    private readonly FailureLatch failure;
    private readonly CallLog<TShape>? calls;
    private readonly TimeSpan timeout;

    /// <param name="group">The group.</param>
    /// <param name="timeout">Timeout of the operation.</param>
    /// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
    /// <param name="occupancies">Occupancies of the kernels that wait for other ranks, in blocks on a multiprocessor, by the number of the rank
    /// among the ranks of this process.</param>
    /// <param name="make">Makes a rank, by the same number.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    protected GpuExchange(
        RankGroup group, TimeSpan timeout, IPeers peers, Func<int, int[]> occupancies, Func<Rank, int, BlockShare, TRank> make)
    {
        (this.timeout, this.peers) = (timeout, peers);
        failure = new FailureLatch(group.WorldSize);
        streams = new StreamUses(group.WorldSize);
        var made = new List<TRank>();
        var joined = new Dictionary<GpuContext, BlockShare>();
        try
        {
            foreach (var rank in group.LocalRanks)
            {
                var context = rank.Context!;
                if (!joined.TryGetValue(context, out var share))
                    joined[context] = share = BlockBudget.Of(context.Device).Join(group.RanksOnGpu, rank.Index, occupancies(made.Count));
                made.Add(make(rank, made.Count, share));
            }

            own = [.. made];
            shares = [.. joined.Values];
            ranks = new TRank?[group.WorldSize];
            foreach (var rank in own) ranks[rank.Rank.Index] = rank;
            peers.Connect(own);
            foreach (var rank in own) rank.Connect(peers);
            // A rank alone has nobody to compare with.
            if (group.WorldSize > 1) peers.Watch(calls = new(group));
        }
        catch
        {
            // Others, and threads that look for failures, use the workspaces no more.
            peers.Disconnect();
            made.ForEach(rank => rank.Dispose());
            foreach (var share in joined.Values) share.Dispose();
            throw;
        }
    }

    public void Synchronize(int rank, GpuStream? stream)
    {
        var used = stream ?? ranks[rank]!.Rank.Stream!;
        // This ends: the operation's kernels give up by themselves.
        used.Synchronize();
        EndWait(rank, used);
    }

    public async Task SynchronizeAsync(int rank, GpuStream? stream, CancellationToken cancellationToken)
    {
        var used = stream ?? ranks[rank]!.Rank.Stream!;
        await used.SynchronizeAsync(cancellationToken).ConfigureAwait(false);
        EndWait(rank, used);
    }

    public void ThrowIfFailed()
    {
        PollFailures();
        PollGone();
        failure.Throw();
    }

    public void Reset()
    {
        if (peers.Gone is { } gone) throw gone.CopyForThread();
        peers.GiveUp();
        var drain = new GpuDrain(own.Select(rank => rank.Rank.Context!));
        // The timeout may be shorter than the time after which kernels see that they are to give up.
        var longest = timeout > GpuDrain.Grace ? timeout : GpuDrain.Grace;
        if (!drain.Wait(longest)) throw new ResetRequiredException(drain.Unfinished, longest);
        drain.ThrowIfFailed();
        // A rank's kernels write to all workspaces: none may be reset while a rank still runs, and no rank may start before
        // all are reset.
        WaitForPeers(longest);
        foreach (var rank in own) rank.Reset();
        calls?.Clear();
        peers.Reset();
        RenewLibrary();
        WaitForPeers(longest);
        streams.ForgetAll();
        failure.Clear();
    }

    /// <summary>Waits for the calls that were launched, and frees the memory. The memory of calls that do not end, although
    /// they were told to give up, is freed when they do.</summary>
    public void Dispose()
    {
        var drain = BeginEnd();
        if (!drain.Wait(timeout, CannotEnd))
        {
            peers.GiveUp();
            drain.Wait(GpuDrain.Grace);
        }

        Free(drain);
    }

    /// <summary>Does what <see cref="Dispose"/> does without blocking a thread.</summary>
    public async ValueTask DisposeAsync()
    {
        var drain = BeginEnd();
        if (!await drain.WaitAsync(timeout, CannotEnd).ConfigureAwait(false))
        {
            peers.GiveUp();
            await drain.WaitAsync(GpuDrain.Grace).ConfigureAwait(false);
        }

        Free(drain);
    }

    /// <summary>Gets a rank of this process.</summary>
    /// <param name="rank">Index of the rank.</param>
    protected TRank Of(int rank) => ranks[rank]!;

    /// <summary>Begins a launch of a rank, which <see cref="EndLaunch"/> ends also if it fails. Allocates nothing.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <returns>The stream of the call.</returns>
    /// <exception cref="PeerTimeoutException">A rank gave up in an earlier call.</exception>
    /// <exception cref="ResetRequiredException">The rank got that exception already.</exception>
    /// <exception cref="FusionArgumentException">The stream cannot be used now.</exception>
    protected GpuStream BeginLaunch(int rank, GpuStream? stream)
    {
        PollFailures();
        PollGone();
        failure.ThrowBeforeLaunch(rank);
        var used = stream ?? ranks[rank]!.Rank.Stream!;
        streams.Enter(rank, used);
        return used;
    }

    /// <summary>Ends a launch.</summary>
    /// <param name="rank">Index of the rank.</param>
    protected void EndLaunch(int rank) => streams.Leave(rank);

    /// <summary>Notes a rank's call before it is launched, and compares it with those of the other ranks. If it is another one, the
    /// operation fails for all ranks: kernels that wait are told to give up, and each rank's next launch or wait throws.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="used">Stream of the call.</param>
    /// <param name="shape">The call.</param>
    /// <param name="fingerprint">Fingerprint of the call.</param>
    /// <returns>Whether it was noted, so that <see cref="TakeBack"/> must follow if it cannot be launched.</returns>
    /// <exception cref="RankGroupException">Another rank launched another call.</exception>
    protected bool Note(int rank, GpuStream used, in TShape shape, ulong fingerprint)
    {
        if (calls is null) return false;
        // Nobody sees when a recorded call is replayed.
        if (used.IsCaptured)
        {
            calls.AddRecorded(rank);
            return false;
        }

        try
        {
            calls.Add(rank, shape, fingerprint);
        }
        catch (RankGroupException reason)
        {
            failure.Set(reason);
            failure.MarkInformed(rank);
            peers.GiveUp();
            throw;
        }

        return true;
    }

    /// <summary>Forgets a rank's last call, which could not be launched.</summary>
    /// <param name="rank">Index of the rank.</param>
    protected void TakeBack(int rank) => calls!.TakeBack(rank);

    /// <summary>Gets the number of calls that a rank has noted, which is that of its last call from 1 on.</summary>
    /// <param name="rank">Index of the rank.</param>
    protected long CountOf(int rank) => calls!.CountOf(rank);

    /// <summary>Throws why a rank's call failed while it was launched.</summary>
    /// <param name="rank">Index of the rank.</param>
    protected void ThrowFailure(int rank)
    {
        PollFailures();
        failure.Throw(rank);
    }

    /// <summary>Makes what another library needs for calls usable again, on all ranks.</summary>
    protected virtual void RenewLibrary()
    {
    }

    /// <summary>Names a step of a call in which a kernel waited.</summary>
    /// <param name="step">The step, as in <see cref="WaitStatus.Step"/>.</param>
    protected abstract string NameOf(int step);

    private GpuDrain BeginEnd()
    {
        foreach (var rank in own) rank.Close();
        return new(own.Select(rank => rank.Rank.Context!));
    }

    private void Free(GpuDrain drain) => drain.Then(
        () =>
        {
            // Ranks elsewhere may still write to these workspaces, until they are done too.
            peers.Disconnect();
            peers.Barrier(GpuDrain.Grace);
            foreach (var rank in own) rank.Dispose();
            foreach (var share in shares) share.Dispose();
            peers.Dispose();
        });

    private void EndWait(int rank, GpuStream used)
    {
        // Another thread may have launched meanwhile.
        if (!used.IsDisposed && !used.IsCaptured && !used.IsBusy) streams.Forget(rank, used);
        PollFailures();
        failure.Throw(rank);
    }

    // True if some calls cannot end by themselves: a rank gave up, or a rank that launched fewer calls is done with them and
    // launches no more, so that the others wait for a call that will not come.
    private bool CannotEnd()
    {
        PollFailures();
        if (failure.Failure is not null || peers.Gone is not null) return true;
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

    private void WaitForPeers(TimeSpan longest)
    {
        if (!peers.Barrier(longest)) throw (Exception?)peers.Gone?.CopyForThread() ?? new ResetRequiredException(longest);
    }

    // Turns a kernel's report that it gave up, or a difference between calls, into the operation's failure.
    private void PollFailures()
    {
        if (failure.Failure is not null) return;
        if (!peers.TryFindFailure(out var found))
        {
            if (peers.Mismatch is { } mismatch) Fail(mismatch);
            return;
        }

        if (HasACause(found)) found = HearTheCause(found);
        // Where a rank is gone or calls differ, kernels were told to give up.
        Fail((Exception?)peers.Gone ?? (Exception?)peers.Mismatch ?? ErrorOf(found));
    }

    // It happened in another process: the report of it is about to come.
    private bool HasACause(in WaitFailure found) => found.Step == WaitStatus.MachinesStep ||
        (found.Step == WaitStatus.AbortedStep && Array.Exists(own, rank => rank.MustGiveUp));

    private WaitFailure HearTheCause(WaitFailure found)
    {
        SpinWait.SpinUntil(
            () => peers.Gone is not null || peers.Mismatch is not null || (peers.TryFindFailure(out found) && !found.IsIndirect), UntilTheGroupHears);
        return found;
    }

    private FusionException ErrorOf(WaitFailure found)
    {
        if (found.Step == WaitStatus.AbortedStep) return NcclException.Aborted(found.Rank, found.Call);
        int[] waitedFor = found.Peer >= 0 ? [found.Peer] : [.. Enumerable.Range(0, ranks.Length).Where(rank => rank != found.Rank)];
        return new PeerTimeoutException(found.Rank, waitedFor, NameOf(found.Step), found.Token, found.Call, timeout);
    }

    // A call that is done stays done when a rank is gone later, so this is not for waits.
    private void PollGone()
    {
        if (failure.Failure is not null || peers.Gone is not { } gone) return;
        Fail(gone);
    }

    private void Fail(Exception reason)
    {
        failure.Set(reason);
        peers.GiveUp();
    }
}
