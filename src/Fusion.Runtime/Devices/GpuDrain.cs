namespace Fusion.Runtime;

/// <summary>Waits, with a timeout, until GPUs are done with the work that they have when the drain is made. Work that never
/// ends does not hold up the caller.</summary>
internal sealed class GpuDrain
{
    /// <summary>Longest time that kernels get to end after they were told to give up. Chosen generously, not
    /// measured.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    // How often a wait polls. Not measured.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly GpuContext[] contexts;
    private readonly Task[] ends;
    private readonly Task all;

    /// <param name="contexts">Contexts of the GPUs; duplicates count once.</param>
    public GpuDrain(IEnumerable<GpuContext> contexts)
    {
        this.contexts = [.. contexts.Distinct()];
        ends = [.. this.contexts.Select(context => context.SynchronizeInBackground())];
        // A failed wait is an end too. Reading the exception keeps it from being reported as unobserved.
        all = Task.WhenAll(ends).ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
    }

    /// <summary>GPUs whose work is not done.</summary>
    public IReadOnlyList<GpuDevice> Unfinished =>
        [.. contexts.Where((_, i) => !ends[i].IsCompleted).Select(context => context.Device)];

    /// <summary>Waits until all GPUs are done or failed.</summary>
    /// <param name="longest">Longest time to wait.</param>
    /// <param name="isHopeless">Polled during the wait; once it returns true, the wait ends soon.</param>
    /// <returns>Whether all GPUs are done or failed.</returns>
    public bool Wait(TimeSpan longest, Func<bool>? isHopeless = null)
    {
        var end = Deadline.After(longest);
        Deadline? last = null;
        while (true)
        {
            if (all.Wait(end.Remaining < PollInterval ? end.Remaining : PollInterval)) return true;
            if (end.IsOver || last is { IsOver: true }) return false;
            if (isHopeless is null || last is not null || !isHopeless()) continue;
            // Calls that all ranks launched may be about to end. The time is a choice, not measured.
            last = Deadline.After(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Does what <see cref="Wait"/> does without blocking a thread.</summary>
    /// <param name="longest">Longest time to wait.</param>
    /// <param name="isHopeless">Polled during the wait; once it returns true, the wait ends soon.</param>
    /// <returns>Whether all GPUs are done or failed.</returns>
    public async Task<bool> WaitAsync(TimeSpan longest, Func<bool>? isHopeless = null)
    {
        var end = Deadline.After(longest);
        Deadline? last = null;
        while (true)
        {
            if (all.IsCompleted) return true;
            await all.WaitAsync(end.Remaining < PollInterval ? end.Remaining : PollInterval)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (all.IsCompleted) return true;
            if (end.IsOver || last is { IsOver: true }) return false;
            if (isHopeless is null || last is not null || !isHopeless()) continue;
            last = Deadline.After(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Throws the first failure that a GPU reported. All GPUs must be done.</summary>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void ThrowIfFailed()
    {
        foreach (var end in ends) end.GetAwaiter().GetResult();
    }

    /// <summary>Runs an action when all GPUs are done or failed; at once if they are.</summary>
    /// <param name="action">The action, which must not throw.</param>
    public void Then(Action action)
    {
        if (all.IsCompleted) action();
        else all.ContinueWith(_ => action(), TaskScheduler.Default);
    }
}
