using Llama.Model.Running;
using Llama.Serving.Scheduling;

namespace Llama.Serving;

/// <summary>Computes requests of many clients with one model, a step after the other: each step has a token of every request that
/// decodes, and parts of the prompts of others (continuous batching).</summary>
/// <remarks>Requests come and go between steps. Members may be called from any thread. One thread runs the steps, and sleeps while there
/// are no requests.</remarks>
public sealed class Server : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim changed = new(0, 1);
    private readonly Dictionary<Sequence, Reply> replies = [];
    private readonly IModelRunner runner;
    private readonly Scheduler scheduler;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<ServerStoppedException>? stopped;
    private long steps, failedSteps;

    /// <summary>Starts a server.</summary>
    /// <param name="runner">What does the steps. It remains the caller's, who must not use it until the server is disposed.</param>
    public Server(IModelRunner runner)
    {
        ArgumentNullException.ThrowIfNull(runner);
        this.runner = runner;
        scheduler = new(runner.Limits, runner.Config);
        new Thread(RunSteps) { IsBackground = true, Name = "steps of the model" }.Start();
    }

    /// <summary>Gets what the server is doing.</summary>
    public ServerStatus Status
    {
        get
        {
            lock (gate)
            {
                return new(scheduler.Running.Count, scheduler.Waiting.Count, scheduler.Pool.Free, scheduler.Pool.Count, steps, failedSteps, scheduler.Preemptions);
            }
        }
    }

    /// <summary>Number of times that a step was looked for.</summary>
    internal long Plans { get; private set; }

    /// <summary>Takes a request. It is computed whether its tokens are read or not; whoever stops reading gives it up.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Token that ends the request; its pages are free at once.</param>
    /// <returns>The tokens as they are made, to be read once. Reading throws an <see cref="OperationCanceledException"/> if the request
    /// was cancelled, a <see cref="StepFailedException"/> if a step failed, a <see cref="LogitsException"/> if no token can be chosen for
    /// this request, and a <see cref="ServerStoppedException"/> if the server has stopped.</returns>
    /// <exception cref="RequestRefusedException">The request can never be done, such as a prompt longer than the cache.</exception>
    /// <exception cref="ServerStoppedException">The server has stopped.</exception>
    public IAsyncEnumerable<int> Generate(Request request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (stopped is { } reason) throw reason();
            var sequence = scheduler.Add(request);
            var reply = replies[sequence] = new(sequence);
            reply.OnCancellation(() => GiveUp(sequence, cancellationToken), cancellationToken);
            Wake();
            // The request's own token ends the reply by the line above.
            return reply.ReadAsync(() => GiveUp(sequence, CancellationToken.None), CancellationToken.None);
        }
    }

    /// <summary>Ends all requests, and waits until the step that runs is done.</summary>
    /// <returns>A task that ends when the runner is the caller's again.</returns>
    public async ValueTask DisposeAsync()
    {
        Stop(() => new("The server was stopped."));
        await ended.Task.ConfigureAwait(false);
    }

    private void RunSteps()
    {
        try
        {
            while (true)
            {
                PlannedStep? step;
                lock (gate)
                {
                    if (stopped is not null) break;
                    step = scheduler.Next();
                    Plans++;
                }

                if (step is null) changed.Wait();
                else RunStepsFrom(step);
            }
        }
        catch (Exception e)
        {
            Stop(() => new($"The server has stopped, since its own thread failed: {e.Message}", e));
        }

        ended.SetResult();
    }

    // While a step runs, the one behind it is begun where its tokens need not be known.
    private void RunStepsFrom(PlannedStep first)
    {
        var step = first;
        IRunningStep? behind = null;
        try
        {
            for (var running = runner.Begin(step.Parts); ;)
            {
                PlannedStep? next;
                lock (gate) next = runner.RunsAside && stopped is null ? scheduler.Follow(step) : null;
                behind = next is null ? null : runner.Begin(next.Parts, running);
                var tokens = running.Wait();
                lock (gate)
                {
                    steps++;
                    foreach (var made in scheduler.Complete(step, tokens)) Give(made);
                }

                if (next is null || behind is null) return;
                (step, running, behind) = (next, behind, null);
            }
        }
        catch (LogitsException e) when ((uint)e.Part < (uint)step.Sequences.Count && HasEnded(behind))
        {
            // The others are as they were before the step, which is done again without this one.
            lock (gate) End(step.Sequences[e.Part], e);
        }
        catch (Exception e)
        {
            Recover(e);
        }
    }

    // What a step makes behind one that failed is not used.
    private static bool HasEnded(IRunningStep? behind)
    {
        try
        {
            behind?.Wait();
            return true;
        }
        catch (LogitsException)
        {
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    // Whatever it was, no client may wait for ever, and what is in the cache is not to be trusted.
    private void Recover(Exception failure)
    {
        lock (gate)
        {
            failedSteps++;
            EndAll(() => new StepFailedException(failure));
        }

        try
        {
            runner.Recover();
        }
        catch (Exception e)
        {
            Stop(() => new($"The server has stopped: a step failed ({failure.Message}), and the model could not be made usable again: {e.Message}", e));
        }
    }

    private void Stop(Func<ServerStoppedException> reason)
    {
        lock (gate)
        {
            stopped ??= reason;
            EndAll(reason);
            Wake();
        }
    }

    private void GiveUp(Sequence sequence, CancellationToken cancellationToken)
    {
        // The thread of the steps sleeps only if there are no requests, so that there is nobody to be woken for the free pages.
        lock (gate) End(sequence, new OperationCanceledException("The request was cancelled.", cancellationToken));
    }

    private void Wake()
    {
        if (changed.CurrentCount == 0) changed.Release();
    }

    private void Give(MadeToken made)
    {
        var reply = replies[made.Sequence];
        reply.Give(made.Token);
        if (!made.IsLast) return;
        replies.Remove(made.Sequence);
        reply.End(null);
    }

    private void End(Sequence sequence, Exception reason)
    {
        if (!replies.Remove(sequence, out var reply)) return;
        scheduler.End(sequence);
        reply.End(reason);
    }

    // An exception for each client, since throwing writes to it.
    private void EndAll(Func<Exception> reason)
    {
        foreach (var sequence in scheduler.EndAll())
        {
            if (replies.Remove(sequence, out var reply)) reply.End(reason());
        }
    }
}
