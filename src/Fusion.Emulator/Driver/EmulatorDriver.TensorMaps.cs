using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>The function for tensor maps.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private const int MapWords = 16;

    private static nint TensorMaps(string name) => name == "cuTensorMapEncodeTiled"
        ? (nint)(delegate* unmanaged<void*, int, uint, ulong, ulong*, ulong*, uint*, uint*, int, int, int, int, CudaResult>)&EncodeTiled
        : 0;

    // The encoding is the emulator's own, as a GPU's is the driver's: address, sizes of 32 bits, strides of 16 bytes, box and steps of a byte
    // each less one, and the choices.
    [UnmanagedCallersOnly]
    private static CudaResult EncodeTiled(
        void* map, int dataType, uint rank, ulong address, ulong* sizes, ulong* strides, uint* box, uint* steps, int interleave, int swizzle,
        int l2Promotion, int outOfBoundsFill)
    {
        if (map is null || (nuint)map % 64 != 0 || rank is < 1 or > 5 || address == 0 || address % 16 != 0) return CudaResult.InvalidValue;
        var words = new Span<ulong>(map, MapWords);
        words.Clear();
        words[0] = address;
        words[1] = rank | ((ulong)dataType << 8) | ((ulong)interleave << 16) | ((ulong)swizzle << 24) | ((ulong)l2Promotion << 32) | ((ulong)outOfBoundsFill << 40);
        for (var i = 0; i < rank; i++)
        {
            if (sizes[i] is < 1 or > 1UL << 32 || box[i] is < 1 or > 256 || steps[i] is < 1 or > 8) return CudaResult.InvalidValue;
            words[2 + i] = (sizes[i] - 1) | ((ulong)(box[i] - 1) << 32) | ((ulong)(steps[i] - 1) << 40);
            if (i + 1 == rank) continue;
            if (strides[i] % 16 != 0 || strides[i] >= 1UL << 40) return CudaResult.InvalidValue;
            words[8 + i] = strides[i] / 16;
        }

        return CudaResult.Success;
    }
}
