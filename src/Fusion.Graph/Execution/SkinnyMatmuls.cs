using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Matmuls of few rows by the kernels of this assembly, which read the weight once.</summary>
internal sealed class SkinnyMatmuls
{
    /// <summary>Largest number of rows.</summary>
    public const int MostRows = 16;

    /// <summary>Largest number of rows for which they were measured to be faster than cuBLASLt's.</summary>
    public const int RowsByDefault = RowsAtOnce;

    private const int Block = 256;
    private const int TileColumns = 16;
    private const int BlocksOfAMultiprocessor = 2;
    private const int RowsAtOnce = 8;
    private const int Alignment = 16;

    // Bytes of each row of the weight that are asked for before the input is there; more hold up what the kernels ahead still read (bench/notes.md).
    private const int Ahead = 1024;

    private readonly KernelLibraries libraries;
    private readonly int rows;

    /// <param name="libraries">Kernels of this assembly.</param>
    /// <param name="rows">Largest number of rows, up to <see cref="MostRows"/>.</param>
    public SkinnyMatmuls(KernelLibraries libraries, int rows) => (this.libraries, this.rows) = (libraries, rows);

    /// <summary>Tells whether these kernels do a call.</summary>
    /// <param name="call">The call.</param>
    public bool Has(in MatmulCall call) =>
        call.Output.Rows >= 1 && call.Output.Rows <= rows && DeviceTensor.ByteCount(call.Weight.Type, call.Weight.Columns) % Alignment == 0 &&
        call.Input.Address % Alignment == 0 && call.Weight.Address % Alignment == 0;

    // Two tiles a block where those of one would run in two rounds of which the second is hardly half full, and those of two fit in one.
    private static bool IsWide(int tiles, int multiprocessors)
    {
        var resident = BlocksOfAMultiprocessor * multiprocessors;
        return tiles > resident * 5 / 4 && tiles <= 2 * resident;
    }

    /// <summary>Launches a matmul.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The call.</param>
    /// <param name="letsNextStart">Whether the next kernel may start beside this one (PDL).</param>
    public void Launch(GpuStream stream, in MatmulCall call, bool letsNextStart)
    {
        var (input, weight, output) = (call.Input, call.Weight, call.Output);
        var (columns, depth) = (checked((int)weight.Rows), checked((int)weight.Columns));
        var tiles = (columns + TileColumns - 1) / TileColumns;
        var isWide = output.Rows <= RowsAtOnce && IsWide(tiles, stream.Context.Device.MultiprocessorCount);
        libraries.Kernel(stream, input, output, "skinny", isWide ? "_8_wide" : output.Rows <= RowsAtOnce ? "_8" : "_16").Launch(
            stream, new(isWide ? (tiles + 1) / 2 : tiles, Block) { ProgrammaticLaunch = true },
            OwnMatmuls.Pointer(input), OwnMatmuls.Pointer(weight), OwnMatmuls.Pointer(output), OwnMatmuls.Pointer(call.Bias),
            OwnMatmuls.Pointer(call.InputScale), OwnMatmuls.Pointer(call.WeightScale),
            call.Scaling == MatmulScaling.Row ? 1 : 0, call.Alpha, (int)output.Rows, columns, depth, letsNextStart ? 1 : 0, Ahead);
    }
}
