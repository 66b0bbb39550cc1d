namespace Fusion.Emulation.Machine;

/// <summary>The part of a tensor that a copy takes. In shared memory its elements stand one behind the other, those of the first dimension
/// side by side, and what is outside of the tensor is zero or NaN.</summary>
internal sealed unsafe class TensorBox
{
    private readonly EncodedTensorMap map;
    private readonly int[] start;
    private readonly int[] counts;
    private readonly Swizzle swizzle;

    /// <param name="map">The map, of a type and a permutation that the emulator knows.</param>
    /// <param name="start">Coordinates of the box's first element, which may be outside of the tensor.</param>
    public TensorBox(EncodedTensorMap map, int[] start)
    {
        (this.map, this.start, swizzle) = (map, start, map.Swizzle!.Value);
        // The first dimension has no steps, whatever the map says.
        counts = [.. map.Dimensions.Select((one, i) => i == 0 ? one.Box : (one.Box + one.Step - 1) / one.Step)];
        Bytes = counts.Aggregate(map.ElementBytes, (product, count) => product * count);
    }

    /// <summary>Size in shared memory, a multiple of <see cref="Swizzle.Piece"/>.</summary>
    public int Bytes { get; }

    /// <summary>Gets where a piece lies.</summary>
    /// <param name="address">Address in shared memory where it would lie if nothing were permuted.</param>
    public int PlaceOf(int address) => swizzle.PlaceOf(address);

    /// <summary>Reads a piece from global memory.</summary>
    /// <param name="warp">Warp that copies.</param>
    /// <param name="lane">Lane that copies.</param>
    /// <param name="at">First byte of the piece in the box.</param>
    /// <param name="to">Place for the bytes.</param>
    public void Read(Warp warp, int lane, int at, byte* to)
    {
        var size = map.ElementBytes;
        var number = at / size;
        var first = start[0] + (long)(number % counts[0]);
        var (row, isInside) = RowOf(number / counts[0]);
        for (var end = to + Swizzle.Piece; to < end;)
        {
            var left = (int)(end - to);
            var isElementInside = isInside && first >= 0 && (ulong)first < map.Dimensions[0].Size;
            // All at once, but at the edges of the tensor.
            var count = isElementInside && left == Swizzle.Piece && (ulong)first + (ulong)(left / size) <= map.Dimensions[0].Size ? left : size;
            if (isElementInside) new ReadOnlySpan<byte>(warp.Global(row + ((ulong)first * (ulong)size), count, lane, Access.Read), count).CopyTo(new(to, count));
            else Fill(new(to, size));
            to += count;
            first += count / size;
        }
    }

    // Address of the row's element 0, and whether the row is in the tensor.
    private (ulong Address, bool IsInside) RowOf(int number)
    {
        var (address, isInside) = (map.Address, true);
        for (var i = 1; i < counts.Length; i++)
        {
            var dimension = map.Dimensions[i];
            var at = start[i] + ((long)(number % counts[i]) * dimension.Step);
            number /= counts[i];
            isInside &= at >= 0 && (ulong)at < dimension.Size;
            address += unchecked((ulong)at * dimension.Stride);
        }

        return (address, isInside);
    }

    private void Fill(Span<byte> element)
    {
        element.Fill(map.OutOfBoundsFill == 0 ? (byte)0 : (byte)0xFF);
        // All bits but the sign are a NaN of every type of floating point.
        if (map.OutOfBoundsFill != 0) element[^1] = 0x7F;
    }
}
