namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that describe tensors to kernels, for copies by the tensor memory accelerator of sm_90 and
/// later.</summary>
public sealed unsafe class TensorMapFunctions
{
    private readonly delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaResult> encodeTiled;

    // Drivers before CUDA 12.0 lack it.
    internal TensorMapFunctions(IExportTable exports)
    {
        if (exports.TryGet("cuTensorMapEncodeTiled", out var address))
            encodeTiled = (delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaResult>)address;
    }

    /// <summary>Whether the driver has the functions.</summary>
    public bool IsAvailable => encodeTiled is not null;

    /// <summary>Calls <c>cuTensorMapEncodeTiled</c>. Dimension 0 is the one whose elements follow each other.</summary>
    /// <param name="map">Place of the 128 bytes of the map, aligned to 64 bytes.</param>
    /// <param name="dataType">A <c>CUtensorMapDataType</c>.</param>
    /// <param name="address">Address of the tensor on the device.</param>
    /// <param name="sizes">Number of elements of each dimension.</param>
    /// <param name="strides">Bytes from one element to the next of each dimension but the first.</param>
    /// <param name="box">Number of elements of the part that a copy takes, of each dimension.</param>
    /// <param name="elementStrides">Steps between the elements that a copy takes, of each dimension.</param>
    /// <param name="interleave">A <c>CUtensorMapInterleave</c>.</param>
    /// <param name="swizzle">A <c>CUtensorMapSwizzle</c>.</param>
    /// <param name="l2Promotion">A <c>CUtensorMapL2promotion</c>.</param>
    /// <param name="outOfBoundsFill">A <c>CUtensorMapFloatOOBfill</c>.</param>
    /// <returns><see cref="CudaResult.NotFound"/> if the driver does not have the function.</returns>
    public CudaResult EncodeTiled(
        void* map, int dataType, ulong address, ReadOnlySpan<ulong> sizes, ReadOnlySpan<ulong> strides, ReadOnlySpan<uint> box,
        ReadOnlySpan<uint> elementStrides, int interleave, int swizzle, int l2Promotion, int outOfBoundsFill)
    {
        if (encodeTiled is null) return CudaResult.NotFound;
        fixed (ulong* size = sizes, stride = strides)
        fixed (uint* boxSize = box, step = elementStrides)
            return encodeTiled(map, dataType, (uint)sizes.Length, address, size, stride, boxSize, step, interleave, swizzle, l2Promotion, outOfBoundsFill);
    }
}
