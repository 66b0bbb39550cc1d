namespace Fusion.Runtime;

/// <summary>Lets threads use something until it is closed, and tells the thread that closes it when all others are out. A use is
/// no lock: any number of threads may be inside. Allocates nothing per use.</summary>
internal sealed class UseGate
{
    private readonly object gate = new();
    private int users;
    private bool isClosed;

    /// <summary>Begins a use, which <see cref="Leave"/> ends.</summary>
    /// <returns>False: the gate is closed, and there is nothing to leave.</returns>
    public bool TryEnter()
    {
        lock (gate)
        {
            if (isClosed) return false;
            users++;
            return true;
        }
    }

    /// <summary>Ends a use.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (--users == 0) Monitor.PulseAll(gate);
        }
    }

    /// <summary>Lets nobody in any more, and waits until all are out. May be called again.</summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <returns>Whether nobody is inside.</returns>
    public bool Close(TimeSpan timeout)
    {
        lock (gate)
        {
            isClosed = true;
            var end = Deadline.After(timeout);
            while (users > 0)
            {
                if (end.IsOver) return false;
                Monitor.Wait(gate, end.Remaining);
            }

            return true;
        }
    }
}
