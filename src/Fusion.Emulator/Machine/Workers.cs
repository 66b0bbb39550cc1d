namespace Fusion.Emulation.Machine;

/// <summary>Work that is done in turns.</summary>
internal interface IWork
{
    /// <summary>Works for a while.</summary>
    /// <returns>Whether there is more to do.</returns>
    bool Run();
}

/// <summary>Threads that give all work its turns.</summary>
internal sealed class Workers : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<IWork> queue = [];
    private readonly Random? random;
    private readonly SemaphoreSlim available = new(0);
    private readonly Thread[] threads;
    private volatile bool isStopped;

    public Workers(int count, Random? random)
    {
        this.random = random;
        threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new(Work, maxStackSize: 1 << 20) { IsBackground = true, Name = $"Emulated GPU {i}" };
            threads[i].Start();
        }
    }

    public void Add(IWork work)
    {
        lock (gate) queue.Add(work);
        available.Release();
    }

    /// <summary>Lets the threads end.</summary>
    public void Dispose()
    {
        isStopped = true;
        available.Release(threads.Length);
        foreach (var thread in threads) thread.Join();
        available.Dispose();
    }

    private void Work()
    {
        while (true)
        {
            available.Wait();
            if (isStopped) return;
            IWork work;
            lock (gate)
            {
                var at = random?.Next(queue.Count) ?? 0;
                work = queue[at];
                queue.RemoveAt(at);
            }

            if (work.Run()) Add(work);
        }
    }
}
