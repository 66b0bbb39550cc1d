namespace Fusion.Runtime.Tests;

/// <summary>Inputs of all ranks, [rank][token][column], and what the ranks share. All are numbers of the type.</summary>
internal sealed record AllReduceInputs(float[][][] Ranks, float[][]? Residual, float[] Gamma, float[]? Beta)
{
    private static readonly float[] Special =
    [
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 16777216, -16777216, 1, 6e4f, -6e4f,
        1e-40f, -1e-40f, 6e-8f, -3e-6f, 3e38f, -3e38f,
    ];

    /// <summary>Numbers of many sizes, and in one row of three, here and there, one that is special.</summary>
    public static AllReduceInputs Random(AllReduceShape shape, int ranks, int tokens, int seed, bool special = true)
    {
        var random = new Random(seed);
        var rows = Enumerable.Range(0, ranks).Select(_ => Rows()).ToArray();
        return new(rows, random.Next(4) == 0 ? null : Rows(), Row(false), random.Next(4) == 0 ? null : Row(false));

        float[][] Rows() => [.. Enumerable.Range(0, tokens).Select(_ => Row(special && random.Next(3) == 0))];

        float[] Row(bool withSpecial)
        {
            var size = MathF.Pow(2, random.Next(-12, 8));
            return [.. Enumerable.Range(0, shape.Hidden).Select(_ => Round(shape.Type,
                withSpecial && random.Next(20) == 0
                    ? Special[random.Next(Special.Length)]
                    : size * (random.NextSingle() - 0.5f)))];
        }
    }

    /// <summary>One rank, one token, no residual, weights of 1.</summary>
    public static AllReduceInputs OneRow(params float[] row) =>
        new([[row]], null, [.. Enumerable.Repeat(1f, row.Length)], null);

    public static float Round(ElementType type, float value) => type switch
    {
        ElementType.BFloat16 => BinaryFormat.BFloat16.Round(value),
        ElementType.Float16 => BinaryFormat.Float16.Round(value),
        _ => value,
    };
}

/// <summary>What a rank got.</summary>
internal sealed record RankOutputs(
    float[][]? AllReduceOut, float[][]? ResidualOut, float[][]? NormOut, byte[]? QuantOut, byte[]? ScaleOut)
{
    /// <summary>Scales that are floats.</summary>
    public float[] FloatScales => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(ScaleOut).ToArray();

    /// <summary>Fails where the other is not the same to the bit; all NaN are equal.</summary>
    public void AssertSame(RankOutputs other)
    {
        AssertSame(AllReduceOut, other.AllReduceOut, nameof(AllReduceOut));
        AssertSame(ResidualOut, other.ResidualOut, nameof(ResidualOut));
        AssertSame(NormOut, other.NormOut, nameof(NormOut));
        AssertSame(ScaleOut, other.ScaleOut, nameof(ScaleOut));
        AssertSame(QuantOut, other.QuantOut, nameof(QuantOut));
    }

    private static void AssertSame(float[][]? found, float[][]? expected, string name)
    {
        Assert.That(found is null, Is.EqualTo(expected is null), name);
        for (var t = 0; t < found?.Length; t++)
        {
            for (var i = 0; i < found[t].Length; i++)
            {
                var (a, b) = (found[t][i], expected![t][i]);
                if (BitConverter.SingleToInt32Bits(a) != BitConverter.SingleToInt32Bits(b) && !(float.IsNaN(a) && float.IsNaN(b)))
                    Assert.Fail($"{name}[{t}, {i}] is {a:r}, not {b:r}");
            }
        }
    }

    private static void AssertSame(byte[]? found, byte[]? expected, string name)
    {
        Assert.That(found?.Length, Is.EqualTo(expected?.Length), name);
        for (var i = 0; i < found?.Length; i++)
        {
            if (found[i] != expected![i]) Assert.Fail($"byte {i} of {name} is {found[i]:x2}, not {expected[i]:x2}");
        }
    }
}
