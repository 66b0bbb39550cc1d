using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Waiting, resetting and the end.</content>
public sealed partial class CompiledGraph
{
    /// <summary>Waits until all runs are done.</summary>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public void Synchronize()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            // What has ended well stays so, whatever the ranks do afterwards.
            if (awaited == runs) return;
            WaitForRuns();
            foreach (var operation in steps.Operations)
            {
                foreach (var rank in group.LocalRanks) operation.Synchronize(rank.Index, rank.Stream);
            }

            awaited = runs;
        }
    }

    /// <summary>Throws if a rank gave up in a run, without waiting. For whoever waits for an event of their own behind a run, since others are in flight
    /// behind it.</summary>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public void ThrowIfFailed()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            foreach (var operation in steps.Operations) operation.ThrowIfFailed();
        }
    }

    /// <summary>Waits until the runs that were started by now are done, without blocking a thread.</summary>
    /// <param name="cancellationToken">Token that ends the wait; the runs go on.</param>
    /// <returns>A task that ends when the runs are done.</returns>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public async Task SynchronizeAsync(CancellationToken cancellationToken = default)
    {
        var waits = new List<Task>();
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            foreach (var rank in group.LocalRanks)
            {
                if (rank.Stream is { } stream) waits.Add(stream.SynchronizeAsync(cancellationToken));
                foreach (var operation in steps.Operations) waits.Add(operation.SynchronizeAsync(rank.Index, rank.Stream, cancellationToken));
            }
        }

        await Task.WhenAll(waits).ConfigureAwait(false);
    }

    /// <summary>Makes the graph usable again after a rank gave up. Results of runs that had not ended are
    /// undefined.</summary>
    public void Reset()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            foreach (var operation in steps.Operations) operation.Reset();
        }
    }

    /// <summary>Waits until the runs that were started are done, and frees all memory. The wait ends after
    /// <see cref="CompileOptions.Timeout"/>, or when a rank gave up: results of runs that have not ended are then undefined,
    /// and their memory is freed when they end. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            // Waits for the runs up to their last all-reduce, and aborts those that cannot end.
            steps.EndCalls();
            var drain = NewDrain();
            drain.Wait(Options.Timeout);
            Free(drain);
        }
    }

    /// <summary>Does what <see cref="Dispose"/> does without blocking a thread while runs go on.</summary>
    /// <returns>A task that ends when the graph is disposed.</returns>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
        }

        await steps.EndCallsAsync().ConfigureAwait(false);
        var drain = NewDrain();
        await drain.WaitAsync(Options.Timeout).ConfigureAwait(false);
        Free(drain);
    }

    private GpuDrain NewDrain() =>
        new(group.Ranks.Select(rank => rank.Context).OfType<GpuContext>().Where(context => !context.IsDisposed));

    private void Free(GpuDrain drain)
    {
        drain.Then(() =>
        {
            captured?.Dispose();
            steps.Dispose();
            foreach (var memory in LocalMemories) memory.Dispose();
        });
        group.Disown(this);
    }

    // This ends: kernels that wait for ranks give up by themselves. Those of another library end when it is aborted.
    private void WaitForRuns()
    {
        foreach (var rank in group.LocalRanks) rank.Stream?.Synchronize();
    }
}
