using Fusion.Runtime;

namespace FusionTemplate;

/// <summary>SwiGLU, the activation between a gated MLP's matmuls: <c>output = gate / (1 + exp(-gate)) * up</c>, element by
/// element, in float, rounded once.</summary>
/// <remarks>N. Shazeer, "GLU Variants Improve Transformer", 2020. The kernel is kernels/swi_glu.cu; the class Kernels, which
/// the build writes from it, is of this assembly alone. What users see is here.</remarks>
public static class SwiGlu
{
    private const int BlockThreads = 256;
    private const int BlocksPerMultiprocessor = 8;

    /// <summary>Puts the kernel into a stream and returns; it runs later. The first call on a GPU loads the kernel for it;
    /// the others allocate nothing.</summary>
    /// <param name="stream">The stream, which says on which GPU.</param>
    /// <param name="gate"><paramref name="count"/> elements on that GPU.</param>
    /// <param name="up"><paramref name="count"/> elements on that GPU.</param>
    /// <param name="output">Room for <paramref name="count"/> elements on that GPU; may be <paramref name="gate"/> or
    /// <paramref name="up"/>. All three must stay until the kernel has ended.</param>
    /// <param name="count">Number of elements, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    /// <exception cref="FusionException">The kernel cannot be loaded or launched; its code says why.</exception>
    public static void Launch(
        GpuStream stream,
        DevicePointer<BFloat16> gate,
        DevicePointer<BFloat16> up,
        DevicePointer<BFloat16> output,
        long count)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count == 0) return;

        // As many blocks as the GPU runs at once: each strides over the elements.
        var most = (long)stream.Context.Device.MultiprocessorCount * BlocksPerMultiprocessor;
        var blocks = (int)Math.Min((count + BlockThreads - 1) / BlockThreads, most);
        Kernels.SwiGlu.Launch(stream, new LaunchShape(grid: blocks, block: BlockThreads), output, gate, up, count);
    }
}
