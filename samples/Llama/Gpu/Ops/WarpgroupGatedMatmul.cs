using Fusion.CublasLt;
using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Gpu.Ops;

/// <summary>silu(gate) · up in the kernel that makes gate and up, for 9 to 32 rows on Hopper.</summary>
internal static class WarpgroupGatedMatmul
{
    /// <summary>Launches the kernel.</summary>
    /// <param name="launch">Launch of the op, whose last input is the scale of its codes if it makes codes.</param>
    /// <param name="call">The matmul that makes gate and up, side by side, without a bias and with a scale for a tensor.</param>
    /// <param name="maps">Tensor maps of matrices.</param>
    public static void Launch(CustomLaunch launch, in MatmulCall call, WarpgroupMaps maps)
    {
        var (y, stream) = (launch.Outputs[0], launch.Stream!);
        var rowBytes = DeviceTensor.ByteCount(call.Input.Type, call.Input.Columns);
        var how = WarpgroupLaunch.Of(stream.Context.Device, (int)y.Rows, (int)y.Columns, rowBytes, weights: 2);
        var (x, w) = (maps.Of(call.Input, WarpgroupLaunch.MostRows), maps.Of(call.Weight, how.Columns));
        var (rows, columns, chunks) = ((int)y.Rows, (int)y.Columns, (int)(rowBytes / WarpgroupLaunch.ChunkBytes));
        DevicePointer<float> ofX = new(call.InputScale?.Address ?? 0), ofW = new(call.WeightScale?.Address ?? 0);
        if (y.Type == ElementType.Float8E4M3)
        {
            DevicePointer<float> scale = new(launch.Inputs[^1].Address);
            switch (call.Output.Type, how.Columns)
            {
                case (ElementType.BFloat16, 32): Kernels.WarpgroupGatedFp8Bf16By32.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, scale, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); return;
                case (ElementType.BFloat16, 56): Kernels.WarpgroupGatedFp8Bf16By56.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, scale, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); return;
                case (ElementType.Float16, 32): Kernels.WarpgroupGatedFp8F16By32.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, scale, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); return;
                case (ElementType.Float16, 56): Kernels.WarpgroupGatedFp8F16By56.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, scale, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); return;
            }
        }

        switch (y.Type, how.Columns)
        {
            case (ElementType.BFloat16, 32): Kernels.WarpgroupGatedBf16By32.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); break;
            case (ElementType.BFloat16, 56): Kernels.WarpgroupGatedBf16By56.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); break;
            case (ElementType.Float16, 32): Kernels.WarpgroupGatedF16By32.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); break;
            case (ElementType.Float16, 56): Kernels.WarpgroupGatedF16By56.Launch(stream, how.Shape, x, w, new(y.Address), ofX, ofW, rows, columns, chunks, how.StagesOfWeight, how.StagesOfInput, how.PartsAt); break;
            default: throw new InvalidOperationException($"There is no kernel of {how} for {call.Output.Type}: write it in kernels.");
        }
    }
}
