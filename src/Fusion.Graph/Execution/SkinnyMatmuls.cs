using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Matmuls of few rows by the kernels of this assembly, which read the weight once.</summary>
internal sealed class SkinnyMatmuls
{
    /// <summary>Largest number of rows.</summary>
    public const int MostRows = FewRowsLaunch.MostRows;

    /// <summary>Largest number of rows for which they were measured to be faster than cuBLASLt's.</summary>
    public const int RowsByDefault = FewRowsLaunch.RowsAtOnce;

    private const int Alignment = 16;

    private readonly KernelLibraries libraries;
    private readonly int rows;
    private readonly bool startsNextEarly;

    /// <param name="libraries">Kernels of this assembly.</param>
    /// <param name="rows">Largest number of rows, up to <see cref="MostRows"/>.</param>
    /// <param name="startsNextEarly"><see cref="CompileOptions.StartsNextEarly"/>.</param>
    public SkinnyMatmuls(KernelLibraries libraries, int rows, bool startsNextEarly) =>
        (this.libraries, this.rows, this.startsNextEarly) = (libraries, rows, startsNextEarly);

    /// <summary>Tells whether these kernels do a call.</summary>
    /// <param name="call">The call.</param>
    public bool Has(in MatmulCall call) =>
        call.Output.Rows >= 1 && call.Output.Rows <= rows && IsAligned(call.Weight.Type, call.Weight.Columns) &&
        call.Input.Address % Alignment == 0 && call.Weight.Address % Alignment == 0;

    /// <summary>Tells whether rows of a weight are as these kernels need them.</summary>
    /// <param name="type">Type of the weight.</param>
    /// <param name="columns">Its columns.</param>
    public static bool IsAligned(ElementType type, long columns) => DeviceTensor.ByteCount(type, columns) % Alignment == 0;

    /// <summary>Launches a matmul.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The call.</param>
    /// <param name="letsNextStart">Whether the next kernel may start beside this one (PDL).</param>
    /// <param name="mayRunAhead">Whether the kernel may be one of those that run ahead.</param>
    /// <param name="isWeightReady">Whether the weight may be read before the kernels ahead have ended.</param>
    public void Launch(GpuStream stream, in MatmulCall call, bool letsNextStart, bool mayRunAhead, bool isWeightReady)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        var (rows, columns, depth) = ((int)output.Rows, checked((int)weight.Rows), checked((int)weight.Columns));
        var launch = FewRowsLaunch.Of(
            stream.Context.Device, rows, (columns + FewRowsLaunch.TileRows - 1) / FewRowsLaunch.TileRows, depth, input.Type, mayRunAhead,
            isWeightReady);
        var (kind, size) = launch.Kind switch
        {
            FewRowsKind.Staged => ("staged", ""),
            FewRowsKind.Ringed => ("ringed", launch.TilesAtOnce switch { 1 => "_one", 2 => "_two", _ => "_four" }),
            FewRowsKind.TwoTiles => ("skinny", "_8_wide"),
            _ => ("skinny", rows <= FewRowsLaunch.RowsAtOnce ? "_8" : "_16"),
        };
        var kernel = libraries.Kernel(stream, input, output, kind, size);
        var (x, w, y, bias) = (OwnMatmuls.Pointer(input), OwnMatmuls.Pointer(weight), OwnMatmuls.Pointer(output), OwnMatmuls.Pointer(call.Bias));
        var (ofX, ofW, isOfRow) = (OwnMatmuls.Pointer(call.InputScale), OwnMatmuls.Pointer(call.WeightScale), call.Scaling == MatmulScaling.Row ? 1 : 0);
        var runsAhead = launch.Kind is FewRowsKind.Staged or FewRowsKind.Ringed;
        var next = letsNextStart || (startsNextEarly && runsAhead) ? 1 : 0;
        if (runsAhead) kernel.Launch(stream, launch.Shape, x, w, y, bias, ofX, ofW, isOfRow, call.Alpha, rows, columns, depth, next, launch.Stages, launch.Ahead);
        else kernel.Launch(stream, launch.Shape, x, w, y, bias, ofX, ofW, isOfRow, call.Alpha, rows, columns, depth, next, launch.Ahead);
    }
}
