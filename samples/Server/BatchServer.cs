using System.Threading.Channels;
using Fusion.Runtime;

namespace Server;

/// <summary>Computes requests in batches of as many as are waiting, up to the largest batch.</summary>
internal sealed class BatchServer : IAsyncDisposable
{
    private const int LargestBatch = 8;
    private const int LongestQueue = 64;

    private readonly Channel<Request> queue = Channel.CreateBounded<Request>(LongestQueue);
    private readonly CancellationTokenSource stopping = new();
    private readonly RankGroup group;
    private readonly AllReduce operation;
    private readonly RankWorker[] workers;
    private readonly int drill;
    private readonly Task loop;

    /// <param name="group">The ranks, which remain the caller's.</param>
    /// <param name="hidden">Elements of a token.</param>
    /// <param name="timeout">Longest time that a rank waits for another one.</param>
    /// <param name="drill">Batch that the last rank misses, to see what happens; -1 for none.</param>
    public BatchServer(RankGroup group, int hidden, TimeSpan timeout, int drill = -1)
    {
        (this.group, this.drill) = (group, drill);
        operation = new AllReduce(group, new AllReduceOptions { HiddenSize = hidden, MaxTokens = LargestBatch, Timeout = timeout });
        workers = [.. group.Ranks.Select(rank => new RankWorker(rank, operation))];
        loop = Task.Run(RunAsync);
    }

    /// <summary>Number of batches that were started.</summary>
    public int Batches { get; private set; }

    /// <summary>Asks for the row of a token.</summary>
    /// <param name="id">Number of the request.</param>
    /// <param name="cancellationToken">Token that ends the client's wait.</param>
    public async Task<Float8E4M3[]> AskAsync(int id, CancellationToken cancellationToken = default)
    {
        var request = new Request(id);
        try
        {
            await queue.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new OperationCanceledException("The server has stopped.");
        }

        return await request.Answer.WaitAsync(cancellationToken);
    }

    /// <summary>Stops taking requests, cancels those that wait, and frees everything when the GPUs are done.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await stopping.CancelAsync();
        await loop;

        // Waits for calls that run, whose memory must stay until then.
        await operation.DisposeAsync();
        Array.ForEach(workers, worker => worker.Dispose());
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Request>(LargestBatch);
        while (await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < LargestBatch && queue.Reader.TryRead(out var request)) batch.Add(request);
            await ComputeAsync(batch);
        }
    }

    private async Task ComputeAsync(List<Request> batch)
    {
        try
        {
            stopping.Token.ThrowIfCancellationRequested();

            // All ranks are launched before one is waited for, because they wait for each other.
            var missing = Batches++ == drill ? workers[^1] : null;
            foreach (var worker in workers.Where(worker => worker != missing)) worker.Start(batch);
            foreach (var worker in workers) worker.Fetch(batch.Count);
            await operation.SynchronizeAllAsync(stopping.Token);

            // Every rank has the same rows.
            for (var token = 0; token < batch.Count; token++) batch[token].Complete(workers[0].RowOf(token));
        }
        catch (Exception e)
        {
            // Whatever it is, no client may wait for ever.
            batch.ForEach(request => request.Fail(e));
            if (e is PeerTimeoutException) operation.Reset();
        }
    }
}
