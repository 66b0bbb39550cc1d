using Llama.Model.Running;

namespace Llama.Cli.Bench;

/// <summary>Measures decode steps: a token of each of several sequences of the same length.</summary>
/// <param name="runner">What does the steps.</param>
/// <param name="time">The clock.</param>
internal sealed class DecodeBench(IModelRunner runner, TimeProvider time)
{
    /// <summary>Limits that a runner needs for a bench.</summary>
    /// <param name="batches">Numbers of sequences that are measured.</param>
    /// <param name="context">Number of tokens of each sequence.</param>
    /// <param name="chunk">Largest number of tokens of a step that fills the cache.</param>
    /// <param name="pageSize">Number of tokens of a page.</param>
    public static RunnerLimits LimitsFor(IReadOnlyList<int> batches, int context, int chunk = 512, int pageSize = 16)
    {
        var (most, pages) = (batches.Max(), (context + pageSize) / pageSize);
        return new(Math.Max(most, Math.Min(chunk, context)), most, pageSize, most * pages, context + 1);
    }

    /// <summary>Measures steps, from the end of one to the end of the next. Each makes the token behind the same context, so that all are alike.</summary>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="context">Number of tokens of each sequence before the step.</param>
    /// <param name="warmUps">Number of steps before those that are measured.</param>
    /// <param name="repeats">Number of steps that are measured.</param>
    /// <param name="cancellationToken">Token that ends the bench between two steps.</param>
    /// <returns>Times of the steps, shortest first.</returns>
    public TimeSpan[] Measure(int batch, int context, int warmUps, int repeats, CancellationToken cancellationToken = default)
    {
        var random = new Random(1);
        var perSequence = runner.Limits.PagesFor(context + 1);
        int[] TokensOf(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(runner.Config.Vocabulary))];
        int[] PagesOf(int sequence) => [.. Enumerable.Range(sequence * perSequence, perSequence)];
        for (var sequence = 0; sequence < batch; sequence++)
        {
            for (var first = 0; first < context; first += runner.Limits.MaxTokens)
            {
                cancellationToken.ThrowIfCancellationRequested();
                runner.Run([new(TokensOf(Math.Min(runner.Limits.MaxTokens, context - first)), first, PagesOf(sequence), null)]);
            }
        }

        StepPart[] step = [.. Enumerable.Range(0, batch).Select(sequence => new StepPart(TokensOf(1), context, PagesOf(sequence), TokenChoice.Greedy))];
        var times = runner.RunsAside ? Following(step, warmUps, repeats, cancellationToken) : Alone(step, warmUps, repeats, cancellationToken);
        Array.Sort(times);
        return times;
    }

    private TimeSpan[] Alone(StepPart[] step, int warmUps, int repeats, CancellationToken cancellationToken)
    {
        var times = new TimeSpan[repeats];
        for (var i = -warmUps; i < repeats; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = time.GetTimestamp();
            runner.Run(step);
            if (i >= 0) times[i] = time.GetElapsedTime(before);
        }

        return times;
    }

    // As a server does it: each step is begun while the one before runs.
    private TimeSpan[] Following(StepPart[] step, int warmUps, int repeats, CancellationToken cancellationToken)
    {
        StepPart[] next = [.. step.Select((part, i) => part with { Follows = i })];
        var times = new TimeSpan[repeats];
        var (running, before) = (runner.Begin(step), 0L);
        for (var i = -warmUps - 1; i < repeats; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var behind = runner.Begin(next, running);
            running.Wait();
            if (i >= 0) times[i] = time.GetElapsedTime(before);
            before = time.GetTimestamp();
            running = behind;
        }

        running.Wait();
        return times;
    }
}
