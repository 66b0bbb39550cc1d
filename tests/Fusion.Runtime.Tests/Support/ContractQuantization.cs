namespace Fusion.Runtime.Tests;

/// <summary>Steps 4 and 5 of docs/numbers.md as <see cref="ContractModel"/> does the others.</summary>
internal static class ContractQuantization
{
    public static (byte[]? Codes, byte[]? Scales) Of(AllReduceShape shape, float[][] n)
    {
        var given = shape.GivenScale;
        switch (shape.Quantization)
        {
            case QuantizationKind.None:
                return (null, null);
            case QuantizationKind.StaticFp8:
                return ([.. n.SelectMany(row => row).Select(x => E4M3(x * (1 / given)))], null);
            case QuantizationKind.NvFp4:
                var scales = n.Select(row => row.Chunk(16).Select(block => E4M3(given * (Amax(block) / 6))).ToArray()).ToArray();
                var factors = scales.Select(row => row.Select(s => FromE4M3(s)).Select(s => s != 0 ? given / s : 0).ToArray());
                var codes = n.Zip(factors, (row, f) => row.Select((x, i) => E2M1(x * f[i / 16]))).SelectMany(row => row);
                return ([.. codes.Chunk(2).Select(pair => (byte)(pair[0] + (pair[1] * 16)))], LaidOut(shape.Layout, scales));
            case QuantizationKind.MxFp8:
                return Divided(n, 32, amax => amax / 448, ue8m0: true, shape.Layout);
            case QuantizationKind.PerTokenFp8:
                return Divided(n, shape.Hidden, a => Math.Max(a / 448, 1f / 229376), false, ScaleLayout.Linear);
            case QuantizationKind.PerGroupFp8:
                var ue8m0 = shape.GroupScale == ElementType.Float8UE8M0;
                return Divided(n, shape.Group, a => Math.Max(a / 448, 1e-10f), ue8m0, ScaleLayout.Linear);
            default:
                throw new NotSupportedException($"The contract has no arithmetic for {shape.Quantization}.");
        }
    }

    /// <summary>The largest number that a code says.</summary>
    public static float LargestCode(string type) => type switch
    {
        "e4m3" => 448,
        "e2m1" => 6,
        _ => throw new NotSupportedException($"The contract has no codes of {type}."),
    };

    /// <summary>What a code says, and half the distance of the numbers there.</summary>
    public static (double Value, double HalfStep) Decoded(ElementType type, byte[] codes, int i)
    {
        switch (type)
        {
            case ElementType.Float8E4M3:
                double e4m3 = Float8E4M3.FromBits(codes[i]).ToSingle();
                return (e4m3, Math.Max(Math.Pow(2, -10), Math.Abs(e4m3) / 16));
            case ElementType.Float4E2M1:
                var (even, odd) = Float4E2M1.Unpack(codes[i / 2]);
                double e2m1 = (i % 2 == 0 ? even : odd).ToSingle();
                return (e2m1, Math.Abs(e2m1) < 2 ? 0.25 : Math.Abs(e2m1) < 4 ? 0.5 : 1);
            default:
                throw new NotSupportedException($"The contract has no codes of {type}.");
        }
    }

    private static (byte[], byte[]) Divided(
        float[][] n, int group, Func<float, float> scaleOf, bool ue8m0, ScaleLayout layout)
    {
        var scales = n.Select(row => row.Chunk(group).Select(g => scaleOf(Amax(g))).ToArray()).ToArray();
        var bytes = scales.Select(row => row.Select(Up).ToArray()).ToArray();
        var codes = n.Select((row, t) => row.Select((x, i) => E4M3(x / Value(t, i / group)))).SelectMany(row => row);
        return ([.. codes],
            ue8m0 ? LaidOut(layout, bytes) : [.. scales.SelectMany(row => row).SelectMany(BitConverter.GetBytes)]);

        float Value(int t, int block) => ue8m0 ? (float)Math.Pow(2, bytes[t][block] - 127) : scales[t][block];
    }

    private static float Amax(float[] group) => group.Where(x => !float.IsNaN(x)).Select(Math.Abs).DefaultIfEmpty(0).Max();

    private static byte E4M3(float x) => float.IsNaN(x) ? (byte)0x7F : (byte)BinaryFormat.E4M3.RoundToCode(x, 0x80);

    private static byte E2M1(float x) => float.IsNaN(x) ? (byte)7 : (byte)BinaryFormat.E2M1.RoundToCode(x, 8);

    private static float FromE4M3(byte code) => code == 0x7F ? float.NaN : (float)BinaryFormat.E4M3.Value(code);

    // 0 has byte 0; any other takes the first power of two from 2^-126 on that is no smaller.
    private static byte Up(float x) => x == 0
        ? (byte)0
        : (byte)Enumerable.Range(1, 254).First(b => b == 254 || Math.Pow(2, b - 127) >= x);

    private static byte[] LaidOut(ScaleLayout layout, byte[][] scales) =>
        [.. TiledScales.Places(layout, scales.Length, scales[0].Length)
            .Select(place => place is { } p ? scales[p.Row][p.Block] : (byte)0)];
}
