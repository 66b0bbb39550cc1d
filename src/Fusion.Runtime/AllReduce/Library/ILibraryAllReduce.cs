namespace Fusion.Runtime;

/// <summary>A plain all-reduce of another library, such as NCCL (<see cref="NcclAllReduce"/>), for what is too large for
/// one-shot and two-shot (<see cref="AllReduceOptions.Library"/>). Its sums have the bits that the library gives them.</summary>
public interface ILibraryAllReduce
{
    /// <summary>Puts the sum of a tensor over all ranks into a rank's stream and returns. It must not wait for the GPU, nor
    /// for the other ranks on the host, unless each has a thread of its own; to be recorded as a graph, it must allow
    /// that.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="input">What is summed: [M, H] of bf16, f16 or f32.</param>
    /// <param name="output">Where the sum goes, of the same shape and type; it may be the input.</param>
    void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output);
}
