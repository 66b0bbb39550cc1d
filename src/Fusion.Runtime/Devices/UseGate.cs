namespace Fusion.Runtime;

/// <summary>Counts the threads that use a resource, and lets the thread that closes it wait until all others have left. It
/// is no lock: any number of threads may be inside. A use allocates nothing.</summary>
internal sealed class UseGate
{
    private readonly object gate = new();
    private int users;
    private bool isClosed;

    /// <summary>Begins a use, which <see cref="Leave"/> ends.</summary>
    /// <returns>Whether the use began; false if the gate is closed, when <see cref="Leave"/> must not be called.</returns>
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

    /// <summary>Closes the gate for new uses, and waits until all uses have ended. May be called again.</summary>
    /// <param name="timeout">Longest time to wait.</param>
    /// <returns>Whether all uses have ended.</returns>
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
