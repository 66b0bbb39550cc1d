namespace Fusion.Runtime;

/// <summary>A rank for which another one waited too long.</summary>
/// <param name="Peer">Index of the rank that was late; -1 if it may be any other one.</param>
/// <param name="After">How long was waited for it.</param>
internal readonly record struct LateRank(int Peer, TimeSpan After);

/// <summary>Gives the calls of NCCL that an operation's rank launches an end, where the other ranks are in other processes: NCCL's kernels wait
/// without one. A call that the GPU has come to, and that is not done in the operation's time, is reported as a wait that was given up, and NCCL is
/// aborted. What CUDA graphs replay is watched as what is launched.</summary>
/// <remarks>A launch records an event before the call and one behind it, which the thread of the connection looks at. Nothing waits for the
/// GPU. Nobody sees when a recorded call is replayed: there the GPU counts (<see cref="NcclReplays"/>), and the same thread looks at the counts.</remarks>
/// <param name="nccl">Communicators of the ranks.</param>
/// <param name="connection">Connection to the other ranks.</param>
/// <param name="rank">The rank.</param>
/// <param name="timeout">Time of the operation.</param>
internal sealed class NcclWatch(NcclCommunicators nccl, IGroupConnection connection, ExchangeRank rank, TimeSpan timeout) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<Launched> running = [];
    private readonly Stack<Launched> idle = [];
    private readonly NcclReplays replays = new(rank.Rank, timeout);
    private IPeers? peers;
    private Deadline? end;
    private long launching;
    private bool hasReported;
    private volatile bool isActing;

    // Calls that were recorded as parts of CUDA graphs may be replayed at any time.
    private bool hasRecorded;

    /// <summary>Begins to look at the calls.</summary>
    /// <param name="others">What is known of all ranks.</param>
    public void Start(IPeers others)
    {
        peers = others;
        connection.AddTick(Look);
    }

    /// <summary>Launches a call. Allocates nothing, but for the first ones that run at a time.</summary>
    /// <param name="stream">Stream of the call.</param>
    /// <param name="call">The call of NCCL.</param>
    /// <param name="number">Number of the operation's call that it is a part of, from 1 on; 0 for one that is being recorded.</param>
    /// <returns>Whether it was launched. If not, NCCL waited for other ranks in vain, which was reported.</returns>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public bool TryLaunch(GpuStream stream, in NcclCall call, long number)
    {
        if (number == 0)
        {
            hasRecorded = true;
            replays.Begin(stream);
            nccl.Launch(rank.Rank.Index, stream, call);
            replays.End(stream);
            return true;
        }

        Launched? launched;
        lock (gate)
        {
            if (!idle.TryPop(out launched)) launched = new(rank.Rank.Context!);
            launching = number;
        }

        launched.Number = number;
        var isLaunched = false;
        try
        {
            launched.Begin.Record(stream);
            isLaunched = nccl.TryLaunch(rank.Rank.Index, stream, call, timeout);
            if (isLaunched) launched.End.Record(stream);
        }
        finally
        {
            lock (gate)
            {
                launching = 0;
                if (isLaunched) running.Enqueue(launched);
                else idle.Push(launched);
            }
        }

        if (!isLaunched) GiveUp(number);
        return isLaunched;
    }

    /// <summary>Reports the rank's calls that run as given up or aborted, before NCCL is aborted.</summary>
    /// <param name="late">The rank for which an operation waited that gave up; null if NCCL is aborted for another reason.</param>
    public void EndWithoutData(LateRank? late)
    {
        lock (gate)
        {
            if (hasReported || (running.Count == 0 && launching == 0 && !hasRecorded)) return;
            hasReported = true;
            // A call behind that of another operation has waited as long for that rank.
            var isReplay = running.Count == 0 && launching == 0;
            var waited = isReplay ? WaitStatus.ReplayStep : WaitStatus.LibraryStep;
            var (peer, step) = late is { } other && other.After >= timeout && other.Peer != rank.Rank.Index ? (other.Peer, waited) : (-1, WaitStatus.AbortedStep);
            rank.Report(peer, step, (running.TryPeek(out var oldest) ? oldest.Number : Math.Max(isReplay ? replays.Running : launching, 1)) - 1);
        }
    }

    /// <summary>Forgets all calls, none of which runs any more.</summary>
    public void Clear()
    {
        // An abort that was decided before must not come after.
        SpinWait.SpinUntil(() => !isActing);
        lock (gate)
        {
            while (running.TryDequeue(out var launched)) idle.Push(launched);
            (end, hasReported) = (null, false);
        }
    }

    /// <summary>Looks at the calls no more.</summary>
    public void Dispose()
    {
        connection.RemoveTick(Look);
        nccl.Forget(this);
        Clear();
        replays.Dispose();
        lock (gate)
        {
            while (idle.TryPop(out var launched)) launched.Dispose();
        }
    }

    private void Look()
    {
        long overdue = 0;
        uint overdueReplay = 0;
        var mustEnd = false;
        lock (gate)
        {
            if (hasReported) return;
            while (running.TryPeek(out var oldest) && oldest.End.IsCompleted)
            {
                idle.Push(running.Dequeue());
                end = null;
            }

            if (running.TryPeek(out var first))
            {
                // Before, the GPU is at other work of this rank.
                if (end is null && first.Begin.IsCompleted) end = Deadline.After(timeout);
                if (end is { IsOver: true }) overdue = first.Number;
                mustEnd = rank.MustGiveUp;
            }

            if (hasRecorded && replays.Look(out overdueReplay)) mustEnd |= rank.MustGiveUp;
            isActing = mustEnd || overdue > 0 || overdueReplay > 0;
        }

        if (mustEnd)
            nccl.BeginAbort(peers!.TryFindFailure(out var found) && found.Step is WaitStatus.LibraryStep or WaitStatus.ReplayStep ? new(found.Peer, timeout) : null);
        else if (overdue > 0) GiveUp(overdue);
        // Ranks do not hear of each other's replays.
        else if (overdueReplay > 0) GiveUp(-1, WaitStatus.ReplayStep, overdueReplay);
        isActing = false;
    }

    private void GiveUp(long number) => GiveUp(FindLate(number), WaitStatus.LibraryStep, number);

    private void GiveUp(int late, int step, long number)
    {
        lock (gate)
        {
            if (!hasReported) rank.Report(late, step, number - 1);
            hasReported = true;
        }

        nccl.BeginAbort(new(late, timeout));
    }

    // The first rank that did not launch the call, as far as is known; -1 if all did.
    private int FindLate(long number)
    {
        for (var other = 0; other < nccl.WorldSize; other++)
        {
            if (other != rank.Rank.Index && peers!.CallsOf(other) < number) return other;
        }

        return -1;
    }

    /// <summary>A call that was launched.</summary>
    private sealed class Launched(GpuContext context) : IDisposable
    {
        public long Number { get; set; }

        public GpuEvent Begin { get; } = new(context, isTimed: false);

        public GpuEvent End { get; } = new(context, isTimed: false);

        public void Dispose()
        {
            Begin.Dispose();
            End.Dispose();
        }
    }
}
