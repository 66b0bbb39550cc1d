using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Which versions of cuBLASLt and which GPUs have a matmul, as far as NVIDIA says it. The library's own search says the
/// rest.</summary>
internal static class MatmulSupport
{
    private static readonly Version Fp8 = new(11, 11);
    private static readonly Version RowsAndBlocks = new(12, 9);

    /// <exception cref="CublasLtException">The version or the GPU does not have the matmul.</exception>
    public static void Check(in MatmulShape shape, Version version, GpuDevice device)
    {
        if (shape.Type != ElementType.Float8E4M3) return;
        var isByTensor = shape.Scaling == MatmulScaling.Tensor;
        var needed = isByTensor ? Fp8 : RowsAndBlocks;
        if (version < needed)
            throw CublasLtException.NotSupported(shape.ToString(), $"cuBLASLt is {version}", $"{needed} or newer{(isByTensor ? " (CUDA 11.8)" : "")}");
        var capability = device.Capability;
        var hasFp8 = capability.Major > 8 || capability is { Major: 8, Minor: >= 9 };
        if (!hasFp8) throw CublasLtException.NotSupported(shape.ToString(), $"the GPU is {device}", "a GPU of compute capability 8.9 or later");
    }
}
