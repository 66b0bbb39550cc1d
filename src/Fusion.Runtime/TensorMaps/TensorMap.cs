using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A tensor in a GPU's memory as the tensor memory accelerator of sm_90 and later sees it: CUDA's <c>CUtensorMap</c>. A kernel takes it
/// as <c>const __grid_constant__ CUtensorMap</c>, and copies boxes of the tensor to and from shared memory by
/// <c>cp.async.bulk.tensor</c>.</summary>
/// <remarks>The map holds the address of the tensor, not the memory: it is valid as long as the owner keeps that. The first coordinate of a copy
/// must be a multiple of 16 bytes, inside the tensor or not: an H100 ends the kernel with an illegal instruction otherwise.</remarks>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
public readonly unsafe struct TensorMap
{
    /// <summary>Size in bytes.</summary>
    public const int Bytes = 128;

    private const int Alignment = 64;

    private readonly ulong first;

    /// <summary>Describes a tensor. Dimensions are in CUDA's order: the first one is that whose elements follow each other, so a matrix
    /// in rows has the sizes (columns, rows).</summary>
    /// <typeparam name="T">Type of the elements: byte, short, ushort, int, uint, long, ulong, float, double, Half, BFloat16; other types of 1 byte,
    /// such as <see cref="Float8E4M3"/>, are copied as bytes.</typeparam>
    /// <param name="tensor">Address of the tensor, a multiple of 16.</param>
    /// <param name="sizes">Number of elements of each dimension: 1 to 5 numbers up to 2^32.</param>
    /// <param name="box">Number of elements of each dimension that a copy takes: 1 to 256. The first one is a multiple of 16 bytes.</param>
    /// <param name="options">Other choices; null for none.</param>
    /// <exception cref="FusionArgumentException">An argument is not what the hardware takes, or the driver is older than CUDA 12.0.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    public static TensorMap Create<T>(DevicePointer<T> tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<int> box, TensorMapOptions? options = null)
        where T : unmanaged
    {
        var layout = TensorMapLayout.Check<T>(tensor.Address, sizes, box, options ?? new TensorMapOptions());
        if (!GpuDriver.Library.TensorMap.IsAvailable) throw TensorMapLayout.Wrong("tensor", "the driver has no cuTensorMapEncodeTiled, which came with CUDA 12.0; install a newer one");
        // The driver writes to an address that is aligned as the GPU's own.
        var room = stackalloc byte[Bytes + Alignment];
        var aligned = (byte*)(((nuint)room + Alignment - 1) / Alignment * Alignment);
        GpuDriver.Check(
            GpuDriver.Library.TensorMap.EncodeTiled(
                aligned, layout.DataType, tensor.Address, layout.Sizes, layout.Strides, layout.Box, layout.ElementStrides, layout.Interleave,
                layout.Swizzle, layout.L2Promotion, layout.OutOfBoundsFill),
            "cuTensorMapEncodeTiled");
        return Unsafe.ReadUnaligned<TensorMap>(aligned);
    }

    /// <summary>Describes a tensor that fills a buffer or a part of it.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="tensor">Memory of the tensor.</param>
    /// <param name="sizes">Number of elements of each dimension, the one whose elements follow each other first.</param>
    /// <param name="box">Number of elements of each dimension that a copy takes.</param>
    /// <param name="options">Other choices; null for none.</param>
    /// <exception cref="FusionArgumentException">An argument is not what the hardware takes, or the tensor reaches beyond the memory.</exception>
    public static TensorMap Create<T>(DeviceSpan<T> tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<int> box, TensorMapOptions? options = null)
        where T : unmanaged
    {
        var layout = TensorMapLayout.Check<T>(tensor.Pointer.Address, sizes, box, options ?? new TensorMapOptions());
        layout.CheckEnd(tensor.Length * (long)sizeof(T), sizeof(T));
        return Create(tensor.Pointer, sizes, box, options);
    }

    /// <summary>Describes a tensor that fills a buffer or a part of it.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="tensor">Buffer of the tensor.</param>
    /// <param name="sizes">Number of elements of each dimension, the one whose elements follow each other first.</param>
    /// <param name="box">Number of elements of each dimension that a copy takes.</param>
    /// <param name="options">Other choices; null for none.</param>
    /// <exception cref="FusionArgumentException">An argument is not what the hardware takes, or the tensor reaches beyond the buffer.</exception>
    public static TensorMap Create<T>(DeviceBuffer<T> tensor, ReadOnlySpan<long> sizes, ReadOnlySpan<int> box, TensorMapOptions? options = null)
        where T : unmanaged => Create((DeviceSpan<T>)tensor, sizes, box, options);
}
