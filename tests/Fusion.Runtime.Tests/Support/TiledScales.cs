namespace Fusion.Runtime.Tests;

/// <summary>The buffer of scales of blocks, written from its first byte to its last: no formula of offsets.</summary>
internal static class TiledScales
{
    /// <summary>Which block's scale is at each place; null for padding.</summary>
    public static List<(int Row, int Block)?> Places(ScaleLayout layout, int rows, int blocks)
    {
        var places = new List<(int, int)?>();
        var (tileRows, tileBlocks, apart) = layout switch
        {
            ScaleLayout.Linear => (1, blocks, 1),
            ScaleLayout.Swizzled8x4 => (8, 4, 8),
            ScaleLayout.Swizzled128x4 => (128, 4, 32),
            _ => throw new NotSupportedException($"There are no places for {layout}."),
        };
        for (var top = 0; top < rows; top += tileRows)
        {
            for (var left = 0; left < blocks; left += tileBlocks)
            {
                // Within a tile, rows that are `apart` from each other are neighbours.
                for (var first = 0; first < Math.Min(apart, tileRows); first++)
                {
                    for (var row = top + first; row < top + tileRows; row += apart)
                    {
                        for (var block = left; block < left + tileBlocks; block++)
                            places.Add(row < rows && block < blocks ? (row, block) : null);
                    }
                }
            }
        }

        return places;
    }
}
