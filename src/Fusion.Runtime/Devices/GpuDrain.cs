namespace Fusion.Runtime;

/// <summary>Waits until GPUs are done with all work that they have when it is made, with an end to the wait: what runs there may
/// never end, and then the caller goes on.</summary>
internal sealed class GpuDrain
{
    /// <summary>How long kernels take at most to end after they were told to give up.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly GpuContext[] contexts;
    private readonly Task[] ends;
    private readonly Task all;

    /// <param name="contexts">Contexts of the GPUs; one that is named twice counts once.</param>
    public GpuDrain(IEnumerable<GpuContext> contexts)
    {
        this.contexts = [.. contexts.Distinct()];
        ends = [.. this.contexts.Select(context => context.SynchronizeInBackground())];
        // Done or failed: both is an end. Asking for the failure keeps it from being reported as unobserved.
        all = Task.WhenAll(ends).ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
    }

    /// <summary>The GPUs that are not done.</summary>
    public IReadOnlyList<GpuDevice> Unfinished =>
        [.. contexts.Where((_, i) => !ends[i].IsCompleted).Select(context => context.Device)];

    /// <summary>Waits until all GPUs are done or failed.</summary>
    /// <param name="longest">How long at most.</param>
    /// <param name="isHopeless">Asked now and then; true ends the wait, unless the GPUs are done soon all the same.</param>
    /// <returns>Whether they are.</returns>
    public bool Wait(TimeSpan longest, Func<bool>? isHopeless = null)
    {
        var end = Deadline.After(longest);
        Deadline? last = null;
        while (true)
        {
            if (all.Wait(end.Remaining < PollInterval ? end.Remaining : PollInterval)) return true;
            if (end.IsOver || last is { IsOver: true }) return false;
            if (isHopeless is null || last is not null || !isHopeless()) continue;
            // Calls that all ranks launched may be about to end.
            last = Deadline.After(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Throws what a GPU reported. All are done.</summary>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void ThrowIfFailed()
    {
        foreach (var end in ends) end.GetAwaiter().GetResult();
    }

    /// <summary>Does something when all GPUs are done or failed: now if they are.</summary>
    /// <param name="action">What to do; it does not throw.</param>
    public void Then(Action action)
    {
        if (all.IsCompleted) action();
        else all.ContinueWith(_ => action(), TaskScheduler.Default);
    }
}
