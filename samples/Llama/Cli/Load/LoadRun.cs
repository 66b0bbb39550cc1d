using Llama.Serving;

namespace Llama.Cli.Load;

/// <summary>What became of a request.</summary>
/// <param name="Sent">When it was sent, since the run began.</param>
/// <param name="First">When its first token came.</param>
/// <param name="Last">When its last token came.</param>
/// <param name="Tokens">Number of its tokens.</param>
internal readonly record struct RequestTimes(TimeSpan Sent, TimeSpan First, TimeSpan Last, int Tokens)
{
    /// <summary>Time to first token.</summary>
    public TimeSpan Ttft => First - Sent;

    /// <summary>Time per output token behind the first; null if there is none.</summary>
    public TimeSpan? Tpot => Tokens > 1 ? (Last - First) / (Tokens - 1) : null;
}

/// <summary>Sends requests to a server at given times, whether others are done or not.</summary>
/// <param name="server">The server.</param>
/// <param name="vocabulary">Number of tokens of the vocabulary.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadRun(Server server, int vocabulary, TimeProvider time)
{
    /// <summary>Sends requests and waits until all are done.</summary>
    /// <param name="arrivals">When each is sent, since the beginning.</param>
    /// <param name="input">Number of tokens of a prompt, which are random.</param>
    /// <param name="output">Number of tokens that are made for each, whatever they are.</param>
    /// <param name="seed">Seed of the prompts.</param>
    /// <param name="cancellationToken">Token that ends the run.</param>
    /// <returns>What became of each, in the order of arrival.</returns>
    /// <exception cref="StepFailedException">A step of the model failed.</exception>
    public async Task<IReadOnlyList<RequestTimes>> RunAsync(
        IReadOnlyList<TimeSpan> arrivals, int input, int output, int seed, CancellationToken cancellationToken = default)
    {
        var random = new Random(seed);
        // One that fails ends the others, which would otherwise go on unseen.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var begin = time.GetTimestamp();
        var sent = new List<Task<RequestTimes>>();
        try
        {
            foreach (var arrival in arrivals)
            {
                var request = new Request
                {
                    Prompt = [.. Enumerable.Range(0, input).Select(_ => random.Next(vocabulary))],
                    MaxTokens = output,
                    StopsAtEndTokens = false,
                };
                if (arrival - time.GetElapsedTime(begin) is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, ending.Token);
                sent.Add(SendAsync(request, begin, ending.Token));
                if (sent.Find(one => one.IsFaulted) is { } failed) await failed;
            }

            return await Task.WhenAll(sent);
        }
        catch
        {
            await ending.CancelAsync();
            await Task.WhenAll(sent).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<RequestTimes> SendAsync(Request request, long begin, CancellationToken cancellationToken)
    {
        var (sent, first, last, count) = (time.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.Zero, 0);
        await foreach (var _ in server.Generate(request, cancellationToken))
        {
            last = time.GetElapsedTime(begin);
            if (count++ == 0) first = last;
        }

        return new(sent, first, last, count);
    }
}
