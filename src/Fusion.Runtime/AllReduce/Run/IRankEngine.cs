namespace Fusion.Runtime;

/// <summary>Does the calls of an all-reduce, on GPUs or on the CPU. Calls have been validated and planned before.</summary>
internal interface IRankEngine : IExchangeEngine
{
    /// <summary>Starts a rank's call, or keeps it until all ranks have launched theirs.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">Strategy and kernels of the call.</param>
    void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan);
}
