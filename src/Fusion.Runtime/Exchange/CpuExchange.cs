namespace Fusion.Runtime;

/// <summary>Does the calls of ranks on the CPU. Calls wait until all ranks have launched theirs. Where all ranks are in this process, the
/// thread that launches the last one computes them; otherwise a thread of the operation does, when the inputs of the other processes are
/// there.</summary>
/// <typeparam name="TCall">What a rank launches.</typeparam>
/// <typeparam name="TShape">What all ranks' calls have in common.</typeparam>
internal abstract partial class CpuExchange<TCall, TShape> : IExchangeEngine
    where TCall : struct
    where TShape : unmanaged
{
    private const int InitialCapacity = 4;
    private const string NotLaunched = "it did not launch its call";

    private readonly object gate = new();
    private readonly Queue<TCall>[] waiting;
    private readonly bool[] isLocal;
    private readonly TCall[] current;
    private readonly TShape[] shapes;
    private readonly long[] launched;
    private readonly TimeSpan timeout;
    private readonly IPeers peers;
    private readonly FailureLatch failure;
    private readonly HostStaging<TShape>? staging;
    private readonly Thread? worker;
    private long done;
    private int generation;
    private bool isComputing;
    private bool isClosed;
    private TaskCompletionSource change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="group">The group.</param>
    /// <param name="timeout">Longest time that a rank waits for the launches of others.</param>
    /// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
    protected CpuExchange(RankGroup group, TimeSpan timeout, IPeers peers)
    {
        var ranks = group.WorldSize;
        waiting = [.. Enumerable.Range(0, ranks).Select(_ => new Queue<TCall>(InitialCapacity))];
        isLocal = [.. group.Ranks.Select(rank => rank.IsLocal)];
        (current, shapes) = (new TCall[ranks], new TShape[ranks]);
        launched = new long[ranks];
        failure = new FailureLatch(ranks);
        (this.timeout, this.peers) = (timeout, peers);
        if (peers.ConnectHost() is not { } link) return;
        staging = new(link, isLocal);
        worker = new Thread(Work) { IsBackground = true, Name = "Fusion ranks on the CPU" };
        worker.Start();
    }

    /// <summary>Keeps a rank's call until all ranks have launched theirs, and computes calls that are complete.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="RankGroupException">The ranks' calls are not the same.</exception>
    protected void Launch(int rank, in TCall call)
    {
        PollPeers();
        lock (gate)
        {
            failure.ThrowBeforeLaunch(rank);
            waiting[rank].Enqueue(call);
            launched[rank]++;
            // The worker may wait for it.
            if (staging is not null)
            {
                Monitor.PulseAll(gate);
                return;
            }
        }

        while (TakeNext())
        {
            try
            {
                for (var i = 0; i < current.Length; i++) shapes[i] = ShapeOf(current[i]);
                CheckShapes();
                Compute(current);
                EndCall(null);
            }
            catch (Exception e)
            {
                EndCall(e);
                failure.MarkInformed(rank);
                throw;
            }
        }
    }

    public void Synchronize(int rank, GpuStream? stream)
    {
        lock (gate)
        {
            var (target, started) = (launched[rank], generation);
            var end = Deadline.After(timeout);
            while (done < target && generation == started && failure.Failure is null)
            {
                // The timeout is for calls that are missing, not for the time that a computation takes. The wait of a computation for
                // other processes has an end of its own.
                if (!isComputing && end.IsOver) failure.Set(Missing(rank));
                else Monitor.Wait(gate, isComputing ? Deadline.Longest : end.Remaining);
            }

            if (generation != started) return;
            if (failure.Failure is not null) Changed();
            ThrowAfterWait(rank, target);
        }
    }

    public async Task SynchronizeAsync(int rank, GpuStream? stream, CancellationToken cancellationToken)
    {
        long target;
        int started;
        lock (gate) (target, started) = (launched[rank], generation);
        var end = Deadline.After(timeout);
        while (true)
        {
            Task next;
            TimeSpan longest;
            lock (gate)
            {
                if (generation != started) return;
                if (done < target && failure.Failure is null && !isComputing && end.IsOver)
                {
                    failure.Set(Missing(rank));
                    Changed();
                }

                if (done >= target || failure.Failure is not null)
                {
                    ThrowAfterWait(rank, target);
                    return;
                }

                (next, longest) = (change.Task, isComputing ? Deadline.Longest : end.Remaining);
            }

            // An end of this wait is looked for above.
            await next.WaitAsync(longest, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void ThrowIfFailed()
    {
        PollPeers();
        failure.Throw();
    }

    public void Reset()
    {
        if (peers.Gone is { } gone) throw gone.CopyForThread();
        lock (gate)
        {
            foreach (var calls in waiting) calls.Clear();
            // Ends the worker's wait for other processes.
            generation++;
            while (isComputing) Monitor.Wait(gate);
        }

        WaitForPeers();
        lock (gate)
        {
            // What another thread launched meanwhile.
            foreach (var calls in waiting) calls.Clear();
            staging?.Reset();
            Array.Clear(launched);
            done = 0;
            generation++;
            peers.Reset();
            failure.Clear();
            Changed();
        }

        WaitForPeers();
    }

    public void Dispose()
    {
        lock (gate)
        {
            // As on GPUs, calls that all ranks have launched are done; the others cannot be.
            isClosed = true;
            Changed();
            while (isComputing) Monitor.Wait(gate);
            generation++;
            Changed();
        }

        worker?.Join();
        staging?.Dispose();
        peers.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        if (worker is not null) return new(Task.Run(Dispose));
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Gets what a call has in common with those of the other ranks.</summary>
    /// <param name="call">The call.</param>
    protected abstract TShape ShapeOf(in TCall call);

    /// <summary>Compares the calls of two ranks.</summary>
    /// <param name="number">Index of the call since the last reset.</param>
    /// <param name="rank">Index of a rank.</param>
    /// <param name="first">Its call.</param>
    /// <param name="other">Index of another rank.</param>
    /// <param name="shape">Its call.</param>
    /// <exception cref="RankGroupException">The calls differ.</exception>
    protected abstract void Check(long number, int rank, in TShape first, int other, in TShape shape);

    /// <summary>Gets what a call reads of its rank for the others.</summary>
    /// <param name="call">The call.</param>
    protected abstract DeviceTensor InputOf(in TCall call);

    /// <summary>Makes the call of a rank of another process, without outputs.</summary>
    /// <param name="own">The same call of a rank of this process.</param>
    /// <param name="input">Copy of the other rank's input.</param>
    protected abstract TCall OfOtherProcess(in TCall own, DeviceTensor input);

    /// <summary>Computes a call of all ranks, which are the same.</summary>
    /// <param name="calls">Calls of the ranks, call i being rank i's.</param>
    protected abstract void Compute(ReadOnlySpan<TCall> calls);

    // Between processes a rank whose call was done may hear later of a failure of another rank: only what it waited for counts.
    private void ThrowAfterWait(int rank, long target)
    {
        if (staging is null || done < target) failure.Throw(rank);
    }

    private void CheckShapes()
    {
        for (var rank = 1; rank < shapes.Length; rank++) Check(done, 0, shapes[0], rank, shapes[rank]);
    }

    private void WaitForPeers()
    {
        var longest = timeout > GpuDrain.Grace ? timeout : GpuDrain.Grace;
        if (!peers.Barrier(longest)) throw (Exception?)peers.Gone?.CopyForThread() ?? new ResetRequiredException(longest);
    }

    // Wakes all waits, to look again. Called under the gate.
    private void Changed()
    {
        Monitor.PulseAll(gate);
        change.TrySetResult();
        change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // At most one thread computes at a time. Calls that other threads launch meanwhile are computed by that thread.
    private bool TakeNext()
    {
        lock (gate)
        {
            if (isComputing || failure.Failure is not null) return false;
            for (var rank = 0; rank < waiting.Length; rank++)
            {
                if (isLocal[rank] && waiting[rank].Count == 0) return false;
            }

            for (var rank = 0; rank < waiting.Length; rank++)
            {
                if (isLocal[rank]) current[rank] = waiting[rank].Dequeue();
            }

            isComputing = true;
            return true;
        }
    }

    private void EndCall(Exception? reason, int? started = null)
    {
        lock (gate)
        {
            isComputing = false;
            if (reason is not null) failure.Set(reason);
            else if (started is null || started == generation) done++;
            Changed();
        }
    }

    private PeerTimeoutException Missing(int rank)
    {
        var missing = Enumerable.Range(0, launched.Length).Where(other => isLocal[other] && launched[other] <= done).ToArray();
        return new(rank, missing, NotLaunched, -1, done, timeout);
    }
}
