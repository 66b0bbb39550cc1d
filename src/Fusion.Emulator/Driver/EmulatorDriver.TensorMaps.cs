using System.Runtime.InteropServices;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>The function for tensor maps.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private static nint TensorMaps(string name) => name == "cuTensorMapEncodeTiled"
        ? (nint)(delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaResult>)&EncodeTiled
        : 0;

    [UnmanagedCallersOnly]
    private static CudaResult EncodeTiled(
        void* map, int dataType, uint rank, ulong address, ulong* sizes, ulong* strides, uint* box, uint* steps, int interleave, int swizzle,
        int l2Promotion, int outOfBoundsFill)
    {
        if (map is null || (nuint)map % 64 != 0 || rank is < 1 or > 5 || address == 0 || address % 16 != 0) return CudaResult.InvalidValue;
        var dimensions = new TensorDimension[rank];
        for (var i = 0; i < rank; i++)
        {
            if (sizes[i] is < 1 or > 1UL << 32 || box[i] is < 1 or > 256 || steps[i] is < 1 or > 8) return CudaResult.InvalidValue;
            var stride = i == 0 ? 0 : strides[i - 1];
            if (stride % 16 != 0 || stride >= 1UL << 40) return CudaResult.InvalidValue;
            dimensions[i] = new(sizes[i], (int)box[i], (int)steps[i], stride);
        }

        var made = new EncodedTensorMap
        {
            Address = address,
            DataType = dataType,
            Interleave = interleave,
            SwizzleMode = swizzle,
            L2Promotion = l2Promotion,
            OutOfBoundsFill = outOfBoundsFill,
            Dimensions = dimensions,
        };
        if (interleave == 0 && made.ElementBytes * dimensions[0].Box is var rowBytes)
        {
            if (rowBytes % 16 != 0 || (made.Swizzle is { RowBytes: > Swizzle.Piece and var most } && rowBytes > most)) return CudaResult.InvalidValue;
        }

        made.Write(new(map, EncodedTensorMap.Words));
        return CudaResult.Success;
    }
}
