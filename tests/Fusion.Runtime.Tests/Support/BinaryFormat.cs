namespace Fusion.Runtime.Tests;

/// <summary>A binary floating-point format by its definition, in double: every number by its code, and rounding by looking
/// for the nearest of all codes. It knows nothing of the bits of a float, which is what the product's conversions use.
/// </summary>
internal sealed class BinaryFormat
{
    private readonly double[] values;

    private BinaryFormat(int fractionBits, int bias, int largest)
    {
        Largest = largest;
        values = [.. Enumerable.Range(0, largest + 2).Select(code =>
        {
            var (exponent, fraction) = (code >> fractionBits, code % (1 << fractionBits) / Math.Pow(2, fractionBits));
            return exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias);
        })];
    }

    public static BinaryFormat BFloat16 { get; } = new(7, 127, 0x7F7F);

    public static BinaryFormat Float16 { get; } = new(10, 15, 0x7BFF);

    public static BinaryFormat E4M3 { get; } = new(3, 7, 0x7E);

    public static BinaryFormat E2M1 { get; } = new(1, 1, 7);

    /// <summary>Code of the largest finite number, without sign.</summary>
    public int Largest { get; }

    /// <summary>The number of a code without sign. The code behind the largest is the number that would come next.</summary>
    public double Value(int code) => values[code];

    /// <summary>Code of the nearest number, of two the even one; one behind the largest for what rounds beyond it.</summary>
    public int Nearest(double magnitude)
    {
        if (magnitude >= Value(Largest + 1)) return Largest + 1;
        var (low, high) = (0, Largest + 1);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (Value(middle) <= magnitude) low = middle;
            else high = middle;
        }

        var (below, above) = (magnitude - Value(low), Value(high) - magnitude);
        return below < above || (below == above && low % 2 == 0) ? low : high;
    }

    /// <summary>As <see cref="Nearest"/>, but trying every code and never beyond the largest.</summary>
    public int NearestOfAll(double magnitude)
    {
        // Beyond it, distances in double may round to the same number.
        if (magnitude > Value(Largest)) return Largest;
        var best = 0;
        for (var code = 1; code <= Largest; code++)
        {
            var (old, now) = (Math.Abs(magnitude - Value(best)), Math.Abs(magnitude - Value(code)));
            if (now < old || (now == old && code % 2 == 0)) best = code;
        }

        return best;
    }

    /// <summary>Rounds, keeping the sign; what is too large becomes infinite.</summary>
    public float Round(float value)
    {
        if (float.IsNaN(value)) return value;
        var code = Nearest(Math.Abs((double)value));
        return MathF.CopySign(code > Largest ? float.PositiveInfinity : (float)Value(code), value);
    }

    /// <summary>Rounds, keeping the sign; what is too large becomes the largest number. The sign is the bit above.</summary>
    public int RoundToCode(float value, int sign)
    {
        var code = Math.Min(Nearest(Math.Abs((double)value)), Largest);
        return float.IsNegative(value) ? code | sign : code;
    }

    /// <summary>Floats on which a rounding may go wrong: every bf16, every number of the format, every middle between two,
    /// and the floats on either side of each; of both signs. No NaN.</summary>
    public IEnumerable<float> Touchstones()
    {
        var magnitudes = Enumerable.Range(0, 0x7F81).Select(bits => (float)Runtime.BFloat16.FromBits((ushort)bits))
            .Concat(Enumerable.Range(0, Largest + 1).SelectMany(code =>
                new[] { (float)Value(code), (float)((Value(code) + Value(code + 1)) / 2) }))
            .SelectMany(value => new[] { value, float.BitIncrement(value), float.BitDecrement(value) })
            .Where(value => value >= 0);
        return magnitudes.SelectMany(value => new[] { value, -value });
    }
}
