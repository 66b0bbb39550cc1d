using Fusion.Runtime;

namespace Interop;

/// <summary>A kernel of this project on memory and in a stream of another library: all that it takes are three numbers.</summary>
internal static class ForeignMemory
{
    private const int BlockThreads = 256;

    /// <summary>Multiplies numbers that another library owns, in its stream; returns before it is done.</summary>
    /// <param name="context">The context that the other library works in.</param>
    /// <param name="stream">Its stream, a <c>CUstream</c>; 0 is the default stream.</param>
    /// <param name="address">Where the numbers are, a <c>CUdeviceptr</c>.</param>
    /// <param name="count">How many.</param>
    /// <param name="factor">What to multiply with.</param>
    public static void Scale(GpuContext context, nint stream, nint address, long count, float factor)
    {
        // Neither owns anything: the other library frees its stream and memory.
        using var queue = GpuStream.FromHandle(context, stream);
        var data = context.PointerTo<float>(address, count);

        var blocks = (int)((count + BlockThreads - 1) / BlockThreads);
        Kernels.Scale.Launch(queue, new LaunchShape(blocks, BlockThreads), data, factor, checked((int)count));
    }
}
