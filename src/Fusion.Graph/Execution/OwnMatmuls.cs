using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Matmuls by the kernels of this assembly, with the bits of <see cref="CpuMatmul"/>.</summary>
/// <param name="libraries">Kernels of this assembly.</param>
internal sealed class OwnMatmuls(KernelLibraries libraries)
{
    private const int Block = 128;
    private const int TileColumns = 32;
    private const int TileRows = 16;
    private const int MaxRowTiles = 4096;

    public void Launch(GpuStream stream, in MatmulCall call)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        if (output.Count == 0) return;
        var (columns, depth) = (checked((int)weight.Rows), checked((int)weight.Columns));
        libraries.Kernel(stream, input, output, "matmul", "").Launch(
            stream, new(new((columns + TileColumns - 1) / TileColumns, (int)Math.Min((output.Rows + TileRows - 1) / TileRows, MaxRowTiles)), Block),
            Pointer(input), Pointer(weight), Pointer(output), Pointer(call.Bias), Pointer(call.InputScale), Pointer(call.WeightScale),
            call.Scaling == MatmulScaling.Row ? 1 : 0, call.Alpha, output.Rows, columns, depth);
    }

    /// <summary>Gets the address of a tensor; null for none.</summary>
    /// <param name="tensor">The tensor.</param>
    public static DevicePointer<byte> Pointer(DeviceTensor? tensor) => new(tensor?.Address ?? 0);
}
