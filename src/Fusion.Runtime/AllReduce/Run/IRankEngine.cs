namespace Fusion.Runtime;

/// <summary>Does the calls of an operation, on GPUs or on the CPU. Calls have been validated and planned before.</summary>
internal interface IRankEngine : IDisposable, IAsyncDisposable
{
    /// <summary>Starts a rank's call, or keeps it until all ranks have launched theirs.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">Strategy and kernels of the call.</param>
    void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan);

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
