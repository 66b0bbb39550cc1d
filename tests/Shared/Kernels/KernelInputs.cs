namespace Fusion.Tests.Shared;

/// <summary>Inputs of <see cref="KernelCases"/>: the same numbers on every machine.</summary>
internal static class KernelInputs
{
    /// <summary>Makes whole numbers from 0 to below a limit.</summary>
    public static int[] Ints(int count, int limit, uint seed = 1) => [.. Bits(count, seed).Select(bits => (int)((bits >> 7) % (uint)limit))];

    /// <summary>Makes numbers of any bits.</summary>
    public static uint[] Bits(int count, uint seed = 1)
    {
        var values = new uint[count];
        var state = (seed * 2654435769u) | 1;
        for (var i = 0; i < count; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            values[i] = state * 747796405u;
        }

        return values;
    }

    /// <summary>Makes numbers of 64 bits.</summary>
    public static ulong[] LongBits(int count, uint seed = 1) =>
        [.. Bits(count, seed).Zip(Bits(count, seed + 1), (high, low) => ((ulong)high << 32) | low)];

    /// <summary>Makes bytes.</summary>
    public static byte[] Bytes(int count, int limit = 256) => [.. Ints(count, limit).Select(value => (byte)value)];

    /// <summary>Makes numbers from minus a bound to a bound, with 24 bits each.</summary>
    public static float[] Floats(int count, float bound, uint seed = 1) =>
        [.. Bits(count, seed).Select(bits => ((bits >> 8) * (1f / (1 << 23)) * bound) - bound)];

    /// <summary>Makes whole numbers from -8 to 7, so that sums of products are exact in any order.</summary>
    public static float[] WholeFloats(int count, uint seed = 1) => [.. Ints(count, 16, seed).Select(value => value - 8f)];

    /// <summary>Makes numbers of double precision.</summary>
    public static double[] Doubles(int count, uint seed = 1) => [.. LongBits(count, seed).Select(bits => (bits >> 11) * (1.0 / (1L << 44)) - 256)];

    /// <summary>Makes bits of the type half.</summary>
    public static ushort[] Halves(IEnumerable<float> values) => [.. values.Select(value => BitConverter.HalfToUInt16Bits((Half)value))];

    /// <summary>Makes bits of the type bf16, by leaving out the lower bits.</summary>
    public static ushort[] BrainFloats(IEnumerable<float> values) => [.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))];

    /// <summary>Makes floats of all kinds: of any size, subnormal ones, infinities, NaN and zeros.</summary>
    public static float[] AllKinds(int count, uint seed = 1) =>
        [.. Bits(count, seed).Select((bits, i) => (i % 16) switch
        {
            0 => BitConverter.UInt32BitsToSingle(bits & 0x807FFFFF),
            1 => float.PositiveInfinity,
            2 => -0f,
            3 => (int)bits,
            4 => ((int)bits >> 20) + 0.5f,
            _ => ((int)bits >> 8) / (float)(1 << (int)(bits & 31)),
        })];

    /// <summary>Starts of rows of a sparse matrix or a graph, of 0 to 40 entries each; the last one is the number of entries.</summary>
    public static int[] RowStarts(int rows)
    {
        var starts = new int[rows + 1];
        var lengths = Ints(rows, 41, seed: 7);
        for (var row = 0; row < rows; row++) starts[row + 1] = starts[row] + lengths[row];
        return starts;
    }
}
