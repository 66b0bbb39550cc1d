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

    /// <summary>Whether it is a copy, which is compared with what else uses the memory.</summary>
    public virtual bool IsCopy => false;

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

/// <summary>A copy, or a fill.</summary>
/// <param name="what">What it is, for messages.</param>
/// <param name="from">Memory that it reads; null if it is none of the machine's.</param>
/// <param name="to">Memory that it writes; null if it is none of the machine's.</param>
/// <param name="bytes">Number of bytes.</param>
/// <param name="action">Does it.</param>
internal sealed class CopyItem(
    string what, (Allocation Memory, ulong Address)? from, (Allocation Memory, ulong Address)? to, ulong bytes, Action action) : StreamItem
{
    public override bool IsCopy => true;

    public override IRunning? Start(StreamQueue stream)
    {
        if (stream.Gpu.Machine.Order is { } order && stream.Current is { } work)
        {
            var fault = from is { } source ? CopyChecks.Note(order, work, source.Memory, source.Address, bytes, isWrite: false, what) : null;
            if (to is { } target) fault ??= CopyChecks.Note(order, work, target.Memory, target.Address, bytes, isWrite: true, what);
            if (fault is not null)
            {
                stream.Gpu.Fail(fault);
                return null;
            }
        }

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
        var grid = new Grid(stream.Gpu, request, stream.LastGrid, stream.Current) { Changed = stream.Wake };
        stream.LastGrid = grid;
        stream.Gpu.Start(grid);
        return grid;
    }
}

/// <summary>A queue of work of a GPU, done in order by the workers.</summary>
internal sealed class StreamQueue(Gpu gpu) : IWork
{
    private readonly Lock gate = new();
    private readonly Queue<(StreamItem Item, Work? Work)> items = [];
    private readonly List<IRunning> active = [];
    private bool isScheduled;
    private bool isRunning;

    public Gpu Gpu { get; } = gpu;

    public StreamClock Clock { get; } = new(gpu.Ordinal);

    /// <summary>The graph to which the queue's work belongs; null for none.</summary>
    public Work? Graph { get; init; }

    /// <summary>Place of what is being started in the order of the streams.</summary>
    public Work? Current { get; private set; }

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
            items.Enqueue((item, item.IsEvent ? null : Gpu.Machine.Order?.Enqueue(Clock, Graph, item.IsCopy)));
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
            if (item.IsCopy) Gpu.Machine.Order?.EndCopy();
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
            if (!items.TryPeek(out var next)) return null;
            var item = next.Item;
            if (active.Count > 0 && !(item.MayOverlap && active.TrueForAll(one => one.HasTriggered))) return null;
            if (!item.MayOverlap) LastGrid = null;
            Current = next.Work;
            items.Dequeue();
            return item;
        }
    }
}
