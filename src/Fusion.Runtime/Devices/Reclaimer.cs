namespace Fusion.Runtime;

/// <summary>Frees what was forgotten, on a thread of its own, since freeing waits for kernels.</summary>
internal static class Reclaimer
{
    // An address may have been taken from a buffer right before the buffer was forgotten: its launch gets this time. A choice,
    // not measured.
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private static readonly object Gate = new();
    private static readonly Queue<(Deadline Due, Action Free)> Forgotten = [];
    private static bool isRunning;
    private static bool isHurried;

    /// <summary>Frees a resource in a while. Does not wait.</summary>
    /// <param name="free">Action that frees the resource, and must not throw.</param>
    public static void Add(Action free)
    {
        lock (Gate)
        {
            Forgotten.Enqueue((Deadline.After(Delay), free));
            if (!isRunning) new Thread(Run) { IsBackground = true, Name = "Fusion: frees what was forgotten" }.Start();
            isRunning = true;
        }
    }

    /// <summary>Collects and frees all that is forgotten, because memory is short.</summary>
    /// <param name="longest">Longest time to wait.</param>
    /// <returns>Whether anything was freed.</returns>
    public static bool Flush(TimeSpan longest)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        lock (Gate)
        {
            if (!isRunning) return false;
            isHurried = true;
            Monitor.PulseAll(Gate);
            var end = Deadline.After(longest);
            while (isRunning && !end.IsOver) Monitor.Wait(Gate, end.Remaining);
            return true;
        }
    }

    private static void Run()
    {
        while (true)
        {
            Action free;
            lock (Gate)
            {
                if (Forgotten.Count == 0)
                {
                    isRunning = isHurried = false;
                    Monitor.PulseAll(Gate);
                    return;
                }

                var (due, next) = Forgotten.Peek();
                if (!isHurried && !due.IsOver)
                {
                    Monitor.Wait(Gate, due.Remaining);
                    continue;
                }

                free = next;
                Forgotten.Dequeue();
            }

            free();
        }
    }
}

/// <summary>Ends an object of several resources some time after it was forgotten, as its own disposing would have.</summary>
/// <param name="kind">Kind of the object, for messages: <c>all-reduce</c>.</param>
/// <param name="end">Action that ends the object, and must not throw.</param>
internal sealed class ForgottenGuard(string kind, Action end) : IDisposable
{
    ~ForgottenGuard()
    {
        FusionEventSource.Log.HandleForgotten(kind);
        Reclaimer.Add(end);
    }

    /// <summary>Notes that the object was disposed.</summary>
    public void Dispose() => GC.SuppressFinalize(this);
}
