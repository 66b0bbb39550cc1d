namespace Fusion.Runtime;

/// <summary>Does the calls of ranks on the CPU. Calls wait until all ranks have launched theirs; the thread that launches
/// the last one computes them.</summary>
/// <typeparam name="TCall">What a rank launches.</typeparam>
internal abstract class CpuExchange<TCall> : IExchangeEngine
    where TCall : struct
{
    private const int InitialCapacity = 4;

    private readonly object gate = new();
    private readonly Queue<TCall>[] waiting;
    private readonly TCall[] current;
    private readonly long[] launched;
    private readonly TimeSpan timeout;
    private readonly IPeers peers;
    private readonly FailureLatch failure;
    private long done;
    private int generation;
    private bool isComputing;
    private TaskCompletionSource change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="ranks">World size.</param>
    /// <param name="timeout">Longest time that a rank waits for the launches of others.</param>
    /// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
    protected CpuExchange(int ranks, TimeSpan timeout, IPeers peers)
    {
        waiting = [.. Enumerable.Range(0, ranks).Select(_ => new Queue<TCall>(InitialCapacity))];
        current = new TCall[ranks];
        launched = new long[ranks];
        failure = new FailureLatch(ranks);
        (this.timeout, this.peers) = (timeout, peers);
    }

    /// <summary>Keeps a rank's call until all ranks have launched theirs, and computes calls that are complete.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="RankGroupException">The ranks' calls are not the same.</exception>
    protected void Launch(int rank, in TCall call)
    {
        lock (gate)
        {
            failure.ThrowBeforeLaunch(rank);
            waiting[rank].Enqueue(call);
            launched[rank]++;
        }

        while (TakeNext())
        {
            try
            {
                Compute(done, current);
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
                // The timeout is for calls that are missing, not for the time that a computation takes.
                if (!isComputing && end.IsOver) failure.Set(Missing(rank));
                else Monitor.Wait(gate, isComputing ? Deadline.Longest : end.Remaining);
            }

            if (generation != started) return;
            if (failure.Failure is not null) Changed();
            failure.Throw(rank);
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
                    failure.Throw(rank);
                    return;
                }

                (next, longest) = (change.Task, isComputing ? Deadline.Longest : end.Remaining);
            }

            // An end of this wait is looked for above.
            await next.WaitAsync(longest, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void ThrowIfFailed() => failure.Throw();

    public void Reset()
    {
        lock (gate)
        {
            while (isComputing) Monitor.Wait(gate);
            foreach (var calls in waiting) calls.Clear();
            Array.Clear(launched);
            done = 0;
            generation++;
            failure.Clear();
            Changed();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            while (isComputing) Monitor.Wait(gate);
            generation++;
            Changed();
        }

        peers.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Computes a call of all ranks.</summary>
    /// <param name="number">Index of the call since the last reset.</param>
    /// <param name="calls">Calls of the ranks, call i being rank i's.</param>
    /// <exception cref="RankGroupException">The ranks' calls are not the same.</exception>
    protected abstract void Compute(long number, ReadOnlySpan<TCall> calls);

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
            foreach (var calls in waiting)
            {
                if (calls.Count == 0) return false;
            }

            for (var rank = 0; rank < waiting.Length; rank++) current[rank] = waiting[rank].Dequeue();
            isComputing = true;
            return true;
        }
    }

    private void EndCall(Exception? reason)
    {
        lock (gate)
        {
            isComputing = false;
            if (reason is null) done++;
            else failure.Set(reason);
            Changed();
        }
    }

    private PeerTimeoutException Missing(int rank)
    {
        var missing = Enumerable.Range(0, launched.Length).Where(other => launched[other] <= done).ToArray();
        return new(rank, missing, "it did not launch its call", -1, done, timeout);
    }
}
