using Fusion.CublasLt;
using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Gpu.Ops;

/// <summary>silu(gate) · up in the kernel that makes gate and up, for the few rows of decode.</summary>
internal static class GatedMatmul
{
    private const int MostRows = 8;
    private const int Block = 256;
    private const int TileColumns = 8;
    private const int BlocksOfAMultiprocessor = 2;

    // Bytes of each row of the weight that are asked for before the input is there, as the graph's own kernels for few rows do.
    private const int Ahead = 1024;

    /// <summary>Launches the kernel, if there is one for the call.</summary>
    /// <param name="launch">Launch of the op, whose last input is the scale of its codes if it makes codes.</param>
    /// <param name="call">The matmul that makes gate and up, side by side.</param>
    /// <returns>Whether it was launched.</returns>
    public static bool TryLaunch(CustomLaunch launch, in MatmulCall call)
    {
        var (x, w, y) = (call.Input, call.Weight, launch.Outputs[0]);
        var isFp8 = y.Type == ElementType.Float8E4M3;
        if (y.Rows > MostRows || call.Bias is not null || call.Scaling != MatmulScaling.Tensor || call.Alpha != 1) return false;
        if (isFp8 != (x.Type == ElementType.Float8E4M3) || (call.InputScale is null) != (call.WeightScale is null)) return false;

        var tiles = (int)((y.Columns + TileColumns - 1) / TileColumns);
        var isWide = IsWide(tiles, launch.Stream!.Context.Device.MultiprocessorCount);
        var shape = new LaunchShape(isWide ? (tiles + 1) / 2 : tiles, Block) { ProgrammaticLaunch = true };
        var (rows, columns, depth) = ((int)y.Rows, (int)y.Columns, (int)x.Columns);
        DevicePointer<float> ofX = new(call.InputScale?.Address ?? 0), ofW = new(call.WeightScale?.Address ?? 0);
        var stream = launch.Stream!;
        if (isFp8)
        {
            DevicePointer<float> scale = new(launch.Inputs[^1].Address);
            switch (call.Output.Type, isWide)
            {
                case (ElementType.BFloat16, false): Kernels.GatedFp8Bf16.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, Ahead); break;
                case (ElementType.BFloat16, true): Kernels.GatedFp8Bf16Wide.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, Ahead); break;
                case (_, false): Kernels.GatedFp8F16.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, Ahead); break;
                default: Kernels.GatedFp8F16Wide.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, Ahead); break;
            }

            return true;
        }

        switch (y.Type, isWide)
        {
            case (ElementType.BFloat16, false): Kernels.GatedBf16.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, Ahead); break;
            case (ElementType.BFloat16, true): Kernels.GatedBf16Wide.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, Ahead); break;
            case (_, false): Kernels.GatedF16.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, Ahead); break;
            default: Kernels.GatedF16Wide.Launch(stream, shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, Ahead); break;
        }

        return true;
    }

    // Two tiles a block where those of one would run in two rounds of which the second is hardly half full, and those of two fit in one.
    private static bool IsWide(int tiles, int multiprocessors)
    {
        var resident = BlocksOfAMultiprocessor * multiprocessors;
        return tiles > resident * 5 / 4 && tiles <= 2 * resident;
    }
}
