using Fusion.Emulation.Machine;

namespace Fusion.Emulation;

/// <summary>What is known of a stream: how much work it has been given, and behind which work of other streams that comes.</summary>
internal sealed class StreamClock(int gpu)
{
    public int Gpu { get; } = gpu;

    /// <summary>Number of the stream; 0 before its first work.</summary>
    public int Stream { get; set; }

    /// <summary>Number of the last work.</summary>
    public long Last { get; set; }

    /// <summary>For other streams, the number of the last work that this one waits for. It is replaced, never changed.</summary>
    public Dictionary<int, long> Behind { get; set; } = [];

    /// <summary>Version of the host's knowledge that is in it.</summary>
    public int HostVersion { get; set; }
}

/// <summary>A kernel or a copy that was enqueued in a stream.</summary>
internal sealed record Work(int Stream, long Number, Dictionary<int, long> Behind)
{
    /// <summary>The kernel, once it has started; null for a copy.</summary>
    public KernelCode? Code { get; set; }

    /// <summary>When blocks of the kernel may have told others what they did.</summary>
    public LaunchOrder? Order { get; set; }

    public bool IsOrderedWith(Work other) => Precedes(other) || other.Precedes(this);

    private bool Precedes(Work other) => Stream == other.Stream ? Number <= other.Number : other.Behind.GetValueOrDefault(Stream) >= Number;
}

/// <summary>Knows which work of streams is ordered: by the stream, by events, and by what the host waited for before it enqueued more.</summary>
internal sealed class WorkOrder
{
    // What is older is taken for ordered.
    private const int MostUnsettled = 10_000;

    private readonly Lock gate = new();
    private readonly List<StreamClock> clocks = [];
    private readonly List<Work> unsettled = [];
    private readonly Dictionary<int, Work> launches = [];
    private readonly HashSet<CopyUses> used = [];
    private Dictionary<int, long> host = [];
    private int hostVersion;
    private int streams;
    private int copies;

    /// <summary>Gives work its place. Work of a graph has that of the graph.</summary>
    public Work Enqueue(StreamClock clock, Work? graph, bool isCopy)
    {
        lock (gate)
        {
            if (isCopy) copies++;
            if (graph is not null) return graph with { Code = null, Order = null };
            Register(clock);
            if (clock.HostVersion != hostVersion) clock.Behind = Merge(clock.Behind, host);
            clock.HostVersion = hostVersion;
            var work = new Work(clock.Stream, ++clock.Last, clock.Behind);
            if (unsettled.Count >= MostUnsettled) ForgetOldest();
            unsettled.Add(work);
            return work;
        }
    }

    /// <summary>Notes that a kernel starts.</summary>
    public void Start(int launch, Work work, KernelCode code, LaunchOrder? order)
    {
        (work.Code, work.Order) = (code, order);
        lock (gate) launches[launch] = work;
    }

    /// <summary>Launches that nothing orders with a copy.</summary>
    public Dictionary<int, Work> UnorderedWith(Work copy)
    {
        lock (gate) return launches.Where(one => !one.Value.IsOrderedWith(copy)).ToDictionary();
    }

    /// <summary>Notes that a copy uses memory.</summary>
    /// <returns>The uses that were noted before: of two copies that start at the same time, one has the other's.</returns>
    public CopyUse[] Note(CopyUses uses, CopyUse use)
    {
        lock (gate)
        {
            var before = uses.All;
            uses.Add(use);
            used.Add(uses);
            return before;
        }
    }

    /// <summary>Notes that a copy has been done.</summary>
    public void EndCopy()
    {
        lock (gate) copies--;
    }

    /// <summary>Gets what is done when all work that a stream has by now is done.</summary>
    public Dictionary<int, long> Moment(StreamClock clock)
    {
        lock (gate) return clock.Stream == 0 ? clock.Behind : Merge(clock.Behind, new() { [clock.Stream] = clock.Last });
    }

    /// <summary>Lets later work of a stream come behind a moment.</summary>
    public void Join(StreamClock clock, Dictionary<int, long> moment)
    {
        lock (gate) clock.Behind = Merge(clock.Behind, moment);
    }

    /// <summary>Notes that the host knows of a moment: what it enqueues from now on comes behind it.</summary>
    public void JoinHost(Dictionary<int, long> moment)
    {
        lock (gate)
        {
            host = Merge(host, moment);
            Settle();
        }
    }

    /// <summary>Notes that the host knows that all streams of a GPU are done.</summary>
    public void JoinHost(int gpu)
    {
        lock (gate)
        {
            foreach (var clock in clocks)
                if (clock.Gpu == gpu) host = Merge(Merge(host, clock.Behind), new() { [clock.Stream] = clock.Last });
            Settle();
        }
    }

    // Forgets work that the host has waited for, unless a copy that was enqueued before may still have to be compared with it.
    private void Settle()
    {
        hostVersion++;
        if (copies > 0) return;
        unsettled.RemoveAll(work => host.GetValueOrDefault(work.Stream) >= work.Number);
        if (unsettled.Count > 0) return;
        launches.Clear();
        foreach (var uses in used) uses.Clear();
        used.Clear();
        host = [];
        foreach (var clock in clocks) (clock.Stream, clock.Last, clock.Behind) = (0, 0, []);
        clocks.Clear();
    }

    private void ForgetOldest()
    {
        var old = unsettled.Take(MostUnsettled / 2).Select(work => (work.Stream, work.Number)).ToHashSet();
        unsettled.RemoveRange(0, old.Count);
        foreach (var (launch, work) in launches.ToArray())
            if (old.Contains((work.Stream, work.Number))) launches.Remove(launch);
    }

    private void Register(StreamClock clock)
    {
        if (clock.Stream != 0) return;
        clock.Stream = ++streams;
        clocks.Add(clock);
    }

    private static Dictionary<int, long> Merge(Dictionary<int, long> one, Dictionary<int, long> other)
    {
        if (other.Count == 0) return one;
        var merged = new Dictionary<int, long>(one);
        foreach (var (stream, number) in other) merged[stream] = Math.Max(merged.GetValueOrDefault(stream), number);
        return merged;
    }
}
