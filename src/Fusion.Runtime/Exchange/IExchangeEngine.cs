namespace Fusion.Runtime;

/// <summary>Runs the calls of an operation between ranks, on GPUs or on the CPU: waits, failures and the end.</summary>
internal interface IExchangeEngine : IDisposable, IAsyncDisposable
{
    /// <summary>Waits until a rank's calls are done.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    void Synchronize(int rank, GpuStream? stream);

    /// <summary>Waits until a rank's calls are done, without blocking a thread.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    Task SynchronizeAsync(int rank, GpuStream? stream, CancellationToken cancellationToken);

    /// <summary>Throws if the operation failed.</summary>
    void ThrowIfFailed();

    /// <summary>Makes the operation usable again after a failure.</summary>
    void Reset();
}
