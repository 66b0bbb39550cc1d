namespace Fusion.Runtime;

/// <summary>A plain all-reduce of another library, such as NCCL (<see cref="NcclAllReduce"/>), for calls by
/// <see cref="AllReduceStrategy.Separate"/> (<see cref="AllReduceOptions.Library"/>). The sums have the bits that the
/// library gives them.</summary>
public interface ILibraryAllReduce
{
    /// <summary>Enqueues the sum of a tensor over all ranks in a rank's stream and returns. An implementation must not wait
    /// for the GPU, nor on the host for other ranks unless each has a thread of its own. To be recorded as a CUDA graph, it
    /// must support stream capture.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    /// <param name="input">Tensor that is summed: [M, H] of bf16, f16 or f32.</param>
    /// <param name="output">Tensor that receives the sum, of the same shape and type; it may be the input.</param>
    void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output);
}
