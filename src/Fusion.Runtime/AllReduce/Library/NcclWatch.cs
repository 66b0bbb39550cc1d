namespace Fusion.Runtime;

/// <summary>Gives the sums of NCCL that an operation's rank launches an end, where the other ranks are in other processes: NCCL's kernels wait
/// without one. A sum that the GPU has come to, and that is not done in the operation's time, is reported as a wait that was given up, and NCCL is
/// aborted.</summary>
/// <remarks>A launch records an event before the sum and one behind it, which the thread of the connection looks at. Nothing waits for the
/// GPU. Calls that are recorded as CUDA graphs are not watched: nobody sees when they are replayed.</remarks>
/// <param name="nccl">NCCL.</param>
/// <param name="connection">Connection to the other ranks.</param>
/// <param name="rank">The rank.</param>
/// <param name="timeout">Time of the operation.</param>
internal sealed class NcclWatch(NcclAllReduce nccl, IGroupConnection connection, ExchangeRank rank, TimeSpan timeout) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<Sum> running = [];
    private readonly Stack<Sum> idle = [];
    private IPeers? peers;
    private Deadline? end;
    private long launching;
    private bool hasReported;
    private volatile bool isActing;

    /// <summary>Whether sums were recorded as parts of CUDA graphs, which may be replayed at any time.</summary>
    public bool HasRecorded { get; set; }

    /// <summary>Begins to look at the sums.</summary>
    /// <param name="others">What is known of all ranks.</param>
    public void Start(IPeers others)
    {
        peers = others;
        connection.AddTick(Look);
    }

    /// <summary>Launches a sum. Allocates nothing, but for the first ones that run at a time.</summary>
    /// <param name="stream">Stream of the call, which is not being recorded.</param>
    /// <param name="input">Tensor that is summed.</param>
    /// <param name="output">Tensor that receives the sum.</param>
    /// <param name="number">Number of the call, from 1 on.</param>
    /// <returns>Whether it was launched. If not, NCCL waited for other ranks in vain, which was reported.</returns>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public bool TryLaunch(GpuStream stream, in DeviceTensor input, in DeviceTensor output, long number)
    {
        Sum? sum;
        lock (gate)
        {
            if (!idle.TryPop(out sum)) sum = new(rank.Rank.Context!);
            launching = number;
        }

        sum.Number = number;
        var isLaunched = false;
        try
        {
            sum.Begin.Record(stream);
            isLaunched = nccl.TryLaunch(rank.Rank.Index, stream, input, output, timeout);
            if (isLaunched) sum.End.Record(stream);
        }
        finally
        {
            lock (gate)
            {
                launching = 0;
                if (isLaunched) running.Enqueue(sum);
                else idle.Push(sum);
            }
        }

        if (!isLaunched) GiveUp(number);
        return isLaunched;
    }

    /// <summary>Reports the rank's sums that run as aborted, before NCCL is.</summary>
    public void EndWithoutSum()
    {
        lock (gate)
        {
            if (hasReported || (running.Count == 0 && launching == 0 && !HasRecorded)) return;
            hasReported = true;
            rank.Report(-1, WaitStatus.AbortedStep, (running.TryPeek(out var oldest) ? oldest.Number : Math.Max(launching, 1)) - 1);
        }
    }

    /// <summary>Forgets all sums, none of which runs any more.</summary>
    public void Clear()
    {
        // An abort that was decided before must not come after.
        SpinWait.SpinUntil(() => !isActing);
        lock (gate)
        {
            while (running.TryDequeue(out var sum)) idle.Push(sum);
            (end, hasReported) = (null, false);
        }
    }

    /// <summary>Looks at the sums no more.</summary>
    public void Dispose()
    {
        connection.RemoveTick(Look);
        nccl.Forget(this);
        Clear();
        lock (gate)
        {
            while (idle.TryPop(out var sum)) sum.Dispose();
        }
    }

    private void Look()
    {
        long overdue = 0;
        var mustEnd = false;
        lock (gate)
        {
            if (hasReported) return;
            while (running.TryPeek(out var oldest) && oldest.End.IsCompleted)
            {
                idle.Push(running.Dequeue());
                end = null;
            }

            if (running.TryPeek(out var sum))
            {
                // Before, the GPU is at other work of this rank.
                if (end is null && sum.Begin.IsCompleted) end = Deadline.After(timeout);
                if (end is { IsOver: true }) overdue = sum.Number;
                mustEnd = rank.MustGiveUp;
            }

            isActing = mustEnd || overdue > 0;
        }

        if (mustEnd) nccl.BeginAbort();
        else if (overdue > 0) GiveUp(overdue);
        isActing = false;
    }

    private void GiveUp(long number)
    {
        lock (gate)
        {
            if (!hasReported) rank.Report(FindLate(number), WaitStatus.LibraryStep, number - 1);
            hasReported = true;
        }

        nccl.BeginAbort();
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

    /// <summary>A sum that was launched.</summary>
    private sealed class Sum(GpuContext context) : IDisposable
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
