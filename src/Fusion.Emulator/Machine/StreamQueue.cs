namespace Fusion.Emulation.Machine;

/// <summary>Something that a stream started and that has not ended yet.</summary>
internal interface IRunning
{
    bool IsEnded { get; }

    /// <summary>Whether the next kernel of the stream may start, if it asks for that.</summary>
    bool HasTriggered { get; }
}

/// <summary>Work in a stream.</summary>
internal abstract class StreamItem
{
    /// <summary>Whether it may start before what is ahead of it has ended.</summary>
    public virtual bool MayOverlap => false;

    /// <summary>Whether it is done also when the GPU has failed: an end that others wait for.</summary>
    public virtual bool IsEvent => false;

    /// <summary>Starts the work.</summary>
    /// <param name="stream">The stream.</param>
    /// <returns>What runs; null if the work is done.</returns>
    public abstract IRunning? Start(StreamQueue stream);
}

/// <summary>Work that is done by calling a function.</summary>
internal sealed class ActionItem(Action action, bool isEvent = false) : StreamItem
{
    public override bool IsEvent => isEvent;

    public override IRunning? Start(StreamQueue stream)
    {
        action();
        return null;
    }
}

/// <summary>A kernel.</summary>
internal sealed class KernelItem(LaunchRequest request) : StreamItem
{
    public override bool MayOverlap => request.MayOverlap;

    public override IRunning? Start(StreamQueue stream)
    {
        var grid = new Grid(stream.Gpu, request, stream.LastGrid) { Changed = stream.Wake };
        stream.LastGrid = grid;
        stream.Gpu.Start(grid);
        return grid;
    }
}

/// <summary>A queue of work of a GPU, done in order by the workers.</summary>
internal sealed class StreamQueue(Gpu gpu) : IWork
{
    private readonly Lock gate = new();
    private readonly Queue<StreamItem> items = [];
    private readonly List<IRunning> active = [];
    private bool isScheduled;
    private bool isRunning;

    public Gpu Gpu { get; } = gpu;

    /// <summary>The kernel that the next one would overlap with.</summary>
    public Grid? LastGrid { get; set; }

    /// <summary>Recording that takes the stream's work; null if it is done.</summary>
    public Recording? Recording { get; set; }

    public bool IsIdle
    {
        get
        {
            lock (gate) return items.Count == 0 && !isRunning && active.TrueForAll(one => one.IsEnded);
        }
    }

    public void Add(StreamItem item)
    {
        lock (gate)
        {
            items.Enqueue(item);
            Gpu.NoteWork(this, has: true);
        }

        Wake();
    }

    /// <summary>Looks for work that can start.</summary>
    public void Wake()
    {
        lock (gate)
        {
            if (isScheduled) return;
            isScheduled = true;
        }

        Gpu.Machine.Workers.Add(this);
    }

    public bool Run()
    {
        lock (gate)
        {
            isScheduled = false;
            if (isRunning)
            {
                // Another worker is at it, and would not see what has changed.
                isScheduled = true;
                return true;
            }

            isRunning = true;
        }

        while (TakeNext() is { } item)
        {
            var running = Gpu.Failure is null || item.IsEvent ? item.Start(this) : null;
            if (running is null) continue;
            lock (gate) active.Add(running);
        }

        lock (gate)
        {
            isRunning = false;
            if (items.Count == 0 && active.TrueForAll(one => one.IsEnded)) Gpu.NoteWork(this, has: false);
        }

        Gpu.Machine.Notify();
        return false;
    }

    private StreamItem? TakeNext()
    {
        lock (gate)
        {
            active.RemoveAll(one => one.IsEnded);
            if (!items.TryPeek(out var item)) return null;
            if (active.Count > 0 && !(item.MayOverlap && active.TrueForAll(one => one.HasTriggered))) return null;
            if (!item.MayOverlap) LastGrid = null;
            return items.Dequeue();
        }
    }
}
