namespace Fusion.Runtime;

/// <summary>A rank cannot launch in a stream: the stream is of another GPU or context, another rank uses it, or the rank's
/// last call is in another stream or thread and not done. Nothing was launched.</summary>
public sealed class StreamConflictException : FusionException
{
    private StreamConflictException(int rank, string message)
        : base(ErrorCodes.StreamConflict, message) => Rank = rank;

    /// <summary>Index of the rank that was to launch.</summary>
    public int Rank { get; }

    internal static StreamConflictException TwoStreams(int rank) => new(rank,
        $"Rank {rank} launches in one stream while its last call in another one is not done. Calls of a rank use its workspace " +
        "one after the other: use one stream, or synchronize the rank before it changes to another.");

    internal static StreamConflictException TwoThreads(int rank) => new(rank,
        $"Rank {rank} launches from two threads at once. Calls of a rank have an order, the same on all ranks: let one thread " +
        "launch for a rank.");

    internal static StreamConflictException Shared(int rank, int other) => new(rank,
        $"Rank {rank} launches in the stream of rank {other}. Two ranks wait for each other, so neither can be behind the " +
        "other in one stream: give each its own, such as Rank.Stream.");

    internal static StreamConflictException OnCpu(int rank) => new(rank,
        $"Rank {rank} is on the CPU, where calls have no streams, but was given one. Pass null.");

    internal static StreamConflictException OtherContext(int rank, GpuDevice own) => new(rank,
        $"Rank {rank} is in the primary context of {own}, but was given a stream of another context of that GPU. Use Rank.Stream, make " +
        "a stream with Rank.CreateStream, or use one that a library on CUDA's runtime made.");

    internal static StreamConflictException OtherGpu(int rank, GpuDevice own, GpuDevice given) => new(rank,
        $"Rank {rank} is on {own}, but was given a stream of {given}. A rank launches on its own GPU: use Rank.Stream, or make a " +
        "stream with Rank.CreateStream.");
}
