namespace Fusion.Runtime;

/// <summary>What does the calls of an operation: GPUs, or the CPU. Calls have been validated and planned.</summary>
internal interface IRankEngine : IDisposable
{
    /// <summary>Starts a rank's call, or remembers it until all ranks have theirs.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">Its stream; null for its own.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">How to do it.</param>
    void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan);

    /// <summary>Waits until a rank's calls are done.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">Its stream; null for its own.</param>
    void Synchronize(int rank, GpuStream? stream);

    /// <summary>Throws if the operation failed.</summary>
    void Check();

    /// <summary>Makes the operation right after it failed.</summary>
    void Reset();
}
