namespace Fusion.Runtime;

/// <summary>What all operations between ranks have in common, for who has several of them.</summary>
internal interface IRankOperation : IDisposable, IAsyncDisposable
{
    /// <summary>Waits until a rank's calls are done.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    void Synchronize(int rank, GpuStream? stream);

    /// <summary>Waits until a rank's calls are done, without blocking a thread.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream of its calls; null for <see cref="Rank.Stream"/>, and on the CPU.</param>
    /// <param name="cancellationToken">Token that ends the wait; the calls go on.</param>
    Task SynchronizeAsync(int rank, GpuStream? stream, CancellationToken cancellationToken);

    /// <summary>Throws if a rank gave up, without waiting.</summary>
    void ThrowIfFailed();

    /// <summary>Makes the operation usable again after a failure.</summary>
    void Reset();
}
