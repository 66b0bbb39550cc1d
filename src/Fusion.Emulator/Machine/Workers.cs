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
    private readonly Queue<IWork> queue = [];
    private readonly SemaphoreSlim available = new(0);
    private readonly Thread[] threads;
    private volatile bool isStopped;

    public Workers(int count)
    {
        threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new(Work, maxStackSize: 1 << 20) { IsBackground = true, Name = $"Emulated GPU {i}" };
            threads[i].Start();
        }
    }

    public void Add(IWork work)
    {
        lock (gate) queue.Enqueue(work);
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
            lock (gate) work = queue.Dequeue();
            if (work.Run()) Add(work);
        }
    }
}
