using Fusion.CublasLt;
using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Gpu.Ops;

/// <summary>silu(gate) · up in the kernel that makes gate and up, for the few rows of decode.</summary>
internal static class GatedMatmul
{
    // Of a tile, half are rows of gate and half of up.
    private const int TileColumns = FewRowsLaunch.TileRows / 2;

    /// <summary>Launches the kernel, if there is one for the call.</summary>
    /// <param name="launch">Launch of the op, whose last input is the scale of its codes if it makes codes.</param>
    /// <param name="call">The matmul that makes gate and up, side by side.</param>
    /// <param name="maps">Tensor maps of matrices.</param>
    /// <returns>Whether it was launched.</returns>
    public static bool TryLaunch(CustomLaunch launch, in MatmulCall call, WarpgroupMaps maps)
    {
        var (x, w, y, stream) = (call.Input, call.Weight, launch.Outputs[0], launch.Stream!);
        var isFp8 = y.Type == ElementType.Float8E4M3;
        if ((!launch.IsOfWarpgroups && y.Rows > FewRowsLaunch.RowsAtOnce) || call.Bias is not null || call.Scaling != MatmulScaling.Tensor || call.Alpha != 1) return false;
        if (isFp8 != (x.Type == ElementType.Float8E4M3) || (call.InputScale is null) != (call.WeightScale is null)) return false;

        if (launch.IsOfWarpgroups)
        {
            WarpgroupGatedMatmul.Launch(launch, call, maps);
            return true;
        }

        var how = FewRowsLaunch.Of(
            stream.Context.Device, (int)y.Rows, (int)((y.Columns + TileColumns - 1) / TileColumns), (int)x.Columns, x.Type, launch.MayRunAhead);
        if (isFp8) LaunchFp8(launch, call, how);
        else LaunchRounded(launch, call, how);
        return true;
    }

    private static void LaunchFp8(CustomLaunch launch, in MatmulCall call, in FewRowsLaunch how)
    {
        var (x, w, y, stream) = (call.Input, call.Weight, launch.Outputs[0], launch.Stream!);
        var (rows, columns, depth) = ((int)y.Rows, (int)y.Columns, (int)x.Columns);
        DevicePointer<float> ofX = new(call.InputScale?.Address ?? 0), ofW = new(call.WeightScale?.Address ?? 0), scale = new(launch.Inputs[^1].Address);
        switch (call.Output.Type, how.Kind, how.TilesAtOnce)
        {
            case (ElementType.BFloat16, FewRowsKind.Staged, _): Kernels.StagedGatedFp8Bf16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 1): Kernels.RingedGatedFp8Bf16One.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 2): Kernels.RingedGatedFp8Bf16Two.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 4): Kernels.RingedGatedFp8Bf16Four.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.TwoTiles, _): Kernels.GatedFp8Bf16Wide.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.OneTile, _): Kernels.GatedFp8Bf16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Staged, _): Kernels.StagedGatedFp8F16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 1): Kernels.RingedGatedFp8F16One.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 2): Kernels.RingedGatedFp8F16Two.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 4): Kernels.RingedGatedFp8F16Four.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.TwoTiles, _): Kernels.GatedFp8F16Wide.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.OneTile, _): Kernels.GatedFp8F16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, scale, rows, columns, depth, how.Ahead); break;
            default: throw new InvalidOperationException($"There is no kernel of {how} for {call.Output.Type}: write it in kernels.");
        }
    }

    private static void LaunchRounded(CustomLaunch launch, in MatmulCall call, in FewRowsLaunch how)
    {
        var (x, w, y, stream) = (call.Input, call.Weight, launch.Outputs[0], launch.Stream!);
        var (rows, columns, depth) = ((int)y.Rows, (int)y.Columns, (int)x.Columns);
        DevicePointer<float> ofX = new(call.InputScale?.Address ?? 0), ofW = new(call.WeightScale?.Address ?? 0);
        switch (y.Type, how.Kind, how.TilesAtOnce)
        {
            case (ElementType.BFloat16, FewRowsKind.Staged, _): Kernels.StagedGatedBf16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 1): Kernels.RingedGatedBf16One.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 2): Kernels.RingedGatedBf16Two.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.Ringed, 4): Kernels.RingedGatedBf16Four.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.TwoTiles, _): Kernels.GatedBf16Wide.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Ahead); break;
            case (ElementType.BFloat16, FewRowsKind.OneTile, _): Kernels.GatedBf16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Staged, _): Kernels.StagedGatedF16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 1): Kernels.RingedGatedF16One.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 2): Kernels.RingedGatedF16Two.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.Ringed, 4): Kernels.RingedGatedF16Four.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Stages, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.TwoTiles, _): Kernels.GatedF16Wide.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Ahead); break;
            case (ElementType.Float16, FewRowsKind.OneTile, _): Kernels.GatedF16.Launch(stream, how.Shape, new(x.Address), new(w.Address), new(y.Address), ofX, ofW, rows, columns, depth, how.Ahead); break;
            default: throw new InvalidOperationException($"There is no kernel of {how} for {call.Output.Type}: write it in kernels.");
        }
    }
}
