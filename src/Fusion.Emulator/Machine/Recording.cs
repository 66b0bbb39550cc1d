namespace Fusion.Emulation.Machine;

/// <summary>Work of streams that is recorded instead of done: lists of work that each keep their order, and marks at which one
/// waits for another.</summary>
internal sealed class Recording(StreamQueue origin)
{
    private readonly List<(StreamQueue Stream, List<Step> Steps)> lanes = [(origin, [])];
    private int marks;

    public StreamQueue Origin { get; } = origin;

    /// <summary>Streams whose work is recorded.</summary>
    public IEnumerable<StreamQueue> Streams => lanes.Select(lane => lane.Stream);

    public bool IsEmpty => lanes.TrueForAll(lane => lane.Steps.Count == 0);

    public void Add(StreamQueue stream, StreamItem item) => StepsOf(stream).Add(new(item, -1, false));

    /// <summary>Sets a mark behind the work of a stream so far.</summary>
    public int Mark(StreamQueue stream)
    {
        StepsOf(stream).Add(new(null, marks, false));
        return marks++;
    }

    /// <summary>Lets later work of a stream wait for a mark; the stream's work is recorded from now on.</summary>
    public void Wait(StreamQueue stream, int mark)
    {
        if (stream.Recording is null)
        {
            stream.Recording = this;
            lanes.Add((stream, []));
        }

        StepsOf(stream).Add(new(null, mark, true));
    }

    public void End()
    {
        foreach (var stream in Streams) stream.Recording = null;
    }

    /// <summary>Enqueues the work once.</summary>
    public IRunning Launch(Action changed, Work? graph)
    {
        var happened = Enumerable.Range(0, marks).Select(_ => new Occurrence()).ToArray();
        var all = new Occurrence();
        var left = lanes.Count;
        all.Then(changed);
        foreach (var (stream, steps) in lanes)
        {
            // A queue of its own: the work does not wait for what else is in the stream.
            var queue = new StreamQueue(stream.Gpu) { Graph = graph };
            foreach (var step in steps) queue.Add(step.Item ?? ItemOf(step, happened[step.Mark]));
            queue.Add(new ActionItem(
                () =>
                {
                    if (Interlocked.Decrement(ref left) == 0) all.Happen();
                },
                isEvent: true));
        }

        return all;
    }

    private static StreamItem ItemOf(Step step, Occurrence occurrence) =>
        step.IsWait ? new WaitItem(occurrence) : new ActionItem(occurrence.Happen, isEvent: true);

    private List<Step> StepsOf(StreamQueue stream) => lanes.Find(lane => lane.Stream == stream).Steps;

    private sealed record Step(StreamItem? Item, int Mark, bool IsWait);
}

/// <summary>An executable graph, which runs once at a time.</summary>
internal sealed class ExecutableGraph(Recording recording)
{
    private readonly Lock gate = new();
    private Occurrence? last;

    public void Launch(StreamQueue stream)
    {
        var order = stream.Gpu.Machine.Order;
        Occurrence done;
        lock (gate)
        {
            if (last is { } before)
            {
                if (before.Moment is { } moment) order?.Join(stream.Clock, moment);
                stream.Add(new WaitItem(before));
            }

            stream.Add(new GraphItem(recording));
            last = done = new() { Moment = order?.Moment(stream.Clock) };
        }

        stream.Add(new ActionItem(done.Happen, isEvent: true));
    }

    private sealed class GraphItem(Recording recording) : StreamItem
    {
        public override IRunning? Start(StreamQueue stream) => recording.Launch(stream.Wake, stream.Current);
    }
}
