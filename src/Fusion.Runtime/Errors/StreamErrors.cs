namespace Fusion.Runtime;

/// <summary>Errors of a rank that cannot launch in a stream, FUSION4006: the stream is of another GPU or context, another rank
/// uses it, or the rank's last call is in another stream or thread and not done. Nothing was launched.</summary>
internal static class StreamErrors
{
    /// <summary>A rank launches in one stream while its last call in another one is not done.</summary>
    public static FusionArgumentException TwoStreams(int rank) => Conflict(
        $"Rank {rank} launches in one stream while its last call in another one is not done. Calls of a rank use its workspace " +
        "one after the other: use one stream, or synchronize the rank before it changes to another.");

    /// <summary>A rank launches from two threads at once.</summary>
    public static FusionArgumentException TwoThreads(int rank) => Conflict(
        $"Rank {rank} launches from two threads at once. Calls of a rank have an order, the same on all ranks: let one thread " +
        "launch for a rank.");

    /// <summary>Two ranks launch in one stream.</summary>
    public static FusionArgumentException Shared(int rank, int other) => Conflict(
        $"Rank {rank} launches in the stream of rank {other}. Two ranks wait for each other, so neither can be behind the " +
        "other in one stream: give each its own, such as Rank.Stream.");

    /// <summary>A rank on the CPU is given a stream.</summary>
    public static FusionArgumentException OnCpu(int rank) => Conflict(
        $"Rank {rank} is on the CPU, where calls have no streams, but was given one. Pass null.");

    /// <summary>The stream is of another context of the GPU.</summary>
    public static FusionArgumentException OtherContext(int rank, GpuDevice own) => Conflict(
        $"Rank {rank} is in the primary context of {own}, but was given a stream of another context of that GPU. Use Rank.Stream, make " +
        "a stream with Rank.CreateStream, or use one that a library on CUDA's runtime made.");

    /// <summary>The stream is of another GPU.</summary>
    public static FusionArgumentException OtherGpu(int rank, GpuDevice own, GpuDevice given) => Conflict(
        $"Rank {rank} is on {own}, but was given a stream of {given}. A rank launches on its own GPU: use Rank.Stream, or make a " +
        "stream with Rank.CreateStream.");

    private static FusionArgumentException Conflict(string message) => new(ErrorCodes.StreamConflict, "stream", message);
}
