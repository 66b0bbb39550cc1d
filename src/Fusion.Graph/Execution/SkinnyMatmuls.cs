using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Matmuls of few rows by the kernels of this assembly, which read the weight once.</summary>
internal sealed class SkinnyMatmuls
{
    /// <summary>Largest number of rows.</summary>
    public const int MostRows = WarpgroupLaunch.MostRows;

    private const int Alignment = 16;

    // Those for which kernels were measured to be faster than cuBLASLt's.
    private const int RowsByDefault = FewRowsLaunch.RowsAtOnce;

    private readonly KernelLibraries libraries;
    private readonly WarpgroupMaps maps = new();
    private readonly SkinnyRows rows;
    private readonly bool startsNextEarly;

    /// <param name="libraries">Kernels of this assembly.</param>
    /// <param name="rows">How many rows they do.</param>
    /// <param name="startsNextEarly"><see cref="CompileOptions.StartsNextEarly"/>.</param>
    public SkinnyMatmuls(KernelLibraries libraries, SkinnyRows rows, bool startsNextEarly) =>
        (this.libraries, this.rows, this.startsNextEarly) = (libraries, rows, startsNextEarly);

    /// <summary>Gets the numbers of rows for <see cref="CompileOptions.SkinnyRows"/>.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isInPlaceOfOwn">Whether they are in place of <see cref="OwnMatmuls"/>.</param>
    /// <param name="devices">The GPUs of the ranks.</param>
    public static SkinnyRows RowsOf(int? option, bool isInPlaceOfOwn, IReadOnlyList<GpuDevice> devices)
    {
        var asked = option ?? (isInPlaceOfOwn ? 0 : RowsByDefault);
        var few = asked > FewRowsLaunch.MostRows ? RowsByDefault : asked;
        // Whoever asks for as many rows as those kernels do asks for the same bits whatever is beside a row.
        var hasWarpgroups = asked > FewRowsLaunch.MostRows && devices.All(WarpgroupLaunch.IsOn);
        return new(few, hasWarpgroups ? asked : 0);
    }

    /// <summary>Tells whether these kernels do a call.</summary>
    /// <param name="call">The call.</param>
    public bool Has(in MatmulCall call) => HasFew(call) || HasWarpgroups(call);

    /// <summary>Tells whether kernels of warpgroups (<see cref="WarpgroupLaunch"/>) do a call.</summary>
    /// <param name="call">The call.</param>
    public bool HasWarpgroups(in MatmulCall call) =>
        call.Output.Rows > rows.Few && call.Output.Rows <= rows.OfWarpgroups && WarpgroupLaunch.Takes(call.Input) && WarpgroupLaunch.Takes(call.Weight);

    private bool HasFew(in MatmulCall call) =>
        call.Output.Rows >= 1 && call.Output.Rows <= rows.Few && IsAligned(call.Weight.Type, call.Weight.Columns) &&
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
        if (HasWarpgroups(call))
        {
            LaunchWarpgroups(stream, call, letsNextStart || startsNextEarly, isWeightReady);
            return;
        }

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

    private void LaunchWarpgroups(GpuStream stream, in MatmulCall call, bool letsNextStart, bool isWeightReady)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        var (columns, rowBytes) = (checked((int)weight.Rows), DeviceTensor.ByteCount(weight.Type, weight.Columns));
        var launch = WarpgroupLaunch.Of(stream.Context.Device, (int)output.Rows, columns, rowBytes);
        var (x, w) = (maps.Of(input, WarpgroupLaunch.MostRows), maps.Of(weight, launch.Columns));
        libraries.Kernel(stream, input, output, "warpgroup", SizeOf(launch)).Launch(
            stream, launch.Shape, KernelArgument.Bytes(in x), KernelArgument.Bytes(in w), OwnMatmuls.Pointer(output), OwnMatmuls.Pointer(call.Bias),
            OwnMatmuls.Pointer(call.InputScale), OwnMatmuls.Pointer(call.WeightScale), call.Scaling == MatmulScaling.Row ? 1 : 0, call.Alpha, (int)output.Rows, columns,
            (int)(rowBytes / WarpgroupLaunch.ChunkBytes), letsNextStart ? 1 : 0, launch.StagesOfWeight, launch.StagesOfInput, launch.PartsAt, isWeightReady ? 1 : 0);
    }

    // Written out, since a launch allocates nothing.
    private static string SizeOf(in WarpgroupLaunch launch) => launch.Columns switch
    {
        24 => "_by_24",
        32 => "_by_32",
        40 => "_by_40",
        56 => "_by_56",
        _ => throw new InvalidOperationException($"There is no kernel for tiles of {launch.Columns} columns: write it in warpgroup_matmul.cu."),
    };
}

/// <summary>Up to how many rows own kernels do a matmul.</summary>
/// <param name="Few">Rows of <see cref="FewRowsLaunch"/>; 0 for none.</param>
/// <param name="OfWarpgroups">Rows of <see cref="WarpgroupLaunch"/>, for more than <paramref name="Few"/>; 0 for none.</param>
internal readonly record struct SkinnyRows(int Few, int OfWarpgroups)
{
    /// <summary>Largest number of rows of both.</summary>
    public int Most => Math.Max(Few, OfWarpgroups);
}
