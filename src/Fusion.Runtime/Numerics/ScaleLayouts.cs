namespace Fusion.Runtime;

/// <summary>Type, number and positions of the codes and scales of a quantized tensor: docs/numbers.md, step 5.</summary>
public static class ScaleLayouts
{
    private const int TileBlocks = 4;
    private const int SmallTileRows = 8;
    private const int LargeTileRows = 128;
    private const int RowsOfAGroup = 32;

    /// <summary>Gets the type of the codes that a quantization writes: e4m3 or e2m1.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <exception cref="ArgumentException">The quantization is none.</exception>
    public static ElementType CodeType(in Quantization quantization) => CallWords.CodeTypeOf(quantization.Kind)
        ?? throw new ArgumentException("Where nothing is quantized there are no codes; take a quantization.");

    /// <summary>Gets the type of the scales that a quantization writes; null if it writes none.</summary>
    /// <param name="quantization">The quantization.</param>
    public static ElementType? ScaleType(in Quantization quantization) => CallWords.Of(quantization.Kind) is { TakesGroup: true }
        ? quantization.GroupScaleType : CallWords.ScaleTypeOf(quantization.Kind);

    /// <summary>Computes the number of scales of a row, without padding; 0 if the quantization writes none.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="hidden">Number of elements of a row.</param>
    /// <exception cref="ArgumentException">The row is not a whole number of groups.</exception>
    public static int BlocksPerRow(in Quantization quantization, int hidden)
    {
        if (CallWords.Of(quantization.Kind) is not { Scales.Count: > 0 } row) return 0;
        var elements = row.TakesGroup ? quantization.GroupSize : row.Block > 0 ? row.Block : hidden;
        if (elements < 1 || hidden < 1 || hidden % elements != 0)
        {
            throw new ArgumentException(
                $"A row of {hidden} elements is no whole number of {quantization.Kind}'s groups of {elements}; " +
                "take a hidden size that is a multiple of the group.");
        }

        return hidden / elements;
    }

    /// <summary>Computes the number of scales of a tensor, with padding, which <see cref="AllReduceCall.ScaleOut"/> must
    /// have room for; 0 if the quantization writes none.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="tokens">Number of rows.</param>
    /// <param name="hidden">Number of elements of a row.</param>
    /// <exception cref="ArgumentException">The row is not a whole number of groups.</exception>
    public static long Count(in Quantization quantization, long tokens, int hidden) =>
        Count(Layout(quantization), tokens, BlocksPerRow(quantization, hidden));

    /// <summary>Computes the size of the scales of a tensor in bytes, with padding; 0 if the quantization writes
    /// none.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="tokens">Number of rows.</param>
    /// <param name="hidden">Number of elements of a row.</param>
    /// <exception cref="ArgumentException">The row is not a whole number of groups.</exception>
    public static long ByteCount(in Quantization quantization, long tokens, int hidden) =>
        ScaleType(quantization) is { } type ? DeviceTensor.ByteCount(type, Count(quantization, tokens, hidden)) : 0;

    /// <summary>Computes the number of scales of a tensor in a layout, with padding.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="tokens">Number of rows.</param>
    /// <param name="blocks">Number of blocks of a row.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layout is no defined one.</exception>
    public static long Count(ScaleLayout layout, long tokens, int blocks) => layout switch
    {
        ScaleLayout.Swizzled8x4 => RoundUp(tokens, SmallTileRows) * RoundUp(blocks, TileBlocks),
        ScaleLayout.Swizzled128x4 => RoundUp(tokens, LargeTileRows) * RoundUp(blocks, TileBlocks),
        ScaleLayout.Linear => tokens * blocks,
        _ => throw NotALayout(layout),
    };

    /// <summary>Computes the index of a block's scale. Tiles are 4 blocks wide and lie row by row; in a tile of 128 rows, 4
    /// rows that are 32 apart are neighbours.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="row">Index of the row, from 0.</param>
    /// <param name="block">Index of the block in the row, from 0.</param>
    /// <param name="blocks">Number of blocks of a row.</param>
    /// <exception cref="ArgumentOutOfRangeException">The layout is no defined one.</exception>
    public static long Offset(ScaleLayout layout, long row, int block, int blocks)
    {
        var tilesOfARow = RoundUp(blocks, TileBlocks) / TileBlocks;
        var (tileColumn, column) = (block / TileBlocks, block % TileBlocks);
        switch (layout)
        {
            case ScaleLayout.Swizzled8x4:
                var (smallTile, smallRow) = (row / SmallTileRows, row % SmallTileRows);
                return (((smallTile * tilesOfARow) + tileColumn) * SmallTileRows * TileBlocks) +
                    (smallRow * TileBlocks) + column;
            case ScaleLayout.Swizzled128x4:
                var (tile, tileRow) = (row / LargeTileRows, row % LargeTileRows);
                var (quarter, rowOfQuarter) = (tileRow / RowsOfAGroup, tileRow % RowsOfAGroup);
                return (((tile * tilesOfARow) + tileColumn) * LargeTileRows * TileBlocks) +
                    (rowOfQuarter * LargeTileRows / RowsOfAGroup * TileBlocks) + (quarter * TileBlocks) + column;
            case ScaleLayout.Linear:
                return (row * blocks) + block;
            default:
                throw NotALayout(layout);
        }
    }

    /// <summary>Gets the layout of the scales that a quantization writes: linear where a call cannot choose one.</summary>
    internal static ScaleLayout Layout(in Quantization quantization) =>
        CallWords.Of(quantization.Kind) is { TakesLayout: true } ? quantization.Layout : ScaleLayout.Linear;

    private static ArgumentOutOfRangeException NotALayout(ScaleLayout layout) =>
        new(nameof(layout), layout, $"expected one of {string.Join(", ", Enum.GetNames<ScaleLayout>())}.");

    private static long RoundUp(long value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
