namespace Fusion.Emulation.Machine;

/// <summary>One recording of an event: the moment when the work ahead of it in the stream is done.</summary>
internal sealed class Occurrence : IRunning
{
    private readonly Lock gate = new();
    private Action? waiting;

    public bool IsEnded { get; private set; }

    public bool HasTriggered => IsEnded;

    /// <summary>Work that is done by then, for <see cref="WorkOrder"/>; null where nobody asks.</summary>
    public Dictionary<int, long>? Moment { get; init; }

    /// <summary>Nanoseconds at which it happened.</summary>
    public long At { get; private set; }

    public void Happen()
    {
        Action? then;
        lock (gate)
        {
            At = EmulatedMachine.Nanoseconds;
            IsEnded = true;
            then = waiting;
            waiting = null;
        }

        then?.Invoke();
    }

    /// <summary>Calls a function when it has happened; at once if it has.</summary>
    public void Then(Action action)
    {
        lock (gate)
        {
            if (!IsEnded)
            {
                waiting += action;
                return;
            }
        }

        action();
    }
}

/// <summary>Lets a stream wait for an event.</summary>
internal sealed class WaitItem(Occurrence occurrence) : StreamItem
{
    public override bool IsEvent => true;

    public override IRunning? Start(StreamQueue stream)
    {
        if (occurrence.IsEnded) return null;
        occurrence.Then(stream.Wake);
        return occurrence;
    }
}

/// <summary>An event of a program.</summary>
internal sealed class EmulatedEvent
{
    /// <summary>The last recording; null before the first.</summary>
    public Occurrence? Last { get; set; }

    /// <summary>Recording of streams in which the event was recorded, and the number of its mark there.</summary>
    public (Recording Recording, int Mark)? Recorded { get; set; }
}
