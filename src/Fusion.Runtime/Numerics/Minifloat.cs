using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>Conversions that the floating-point formats of 4 and 8 bits share: exponent above fraction, subnormal numbers
/// where the exponent is 0, no infinities.</summary>
internal static class Minifloat
{
    private const int FloatFractionBits = 23;
    private const int FloatBias = 127;

    /// <summary>Rounds to the code of the nearest number, the even one of two; numbers that are too large become the
    /// largest.</summary>
    /// <param name="magnitude">Number to round: 0 or more, or infinite.</param>
    /// <param name="fractionBits">Number of bits of the format's fraction.</param>
    /// <param name="bias">Bias of the format's exponent.</param>
    /// <param name="largest">Code of the format's largest finite number.</param>
    // Inlining makes the format's bits constants: ranks on the CPU round every element here.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Round(float magnitude, int fractionBits, int bias, int largest)
    {
        var dropped = FloatFractionBits - fractionBits;
        var excess = FloatBias - bias;
        var bits = BitConverter.SingleToInt32Bits(magnitude);
        int code;
        if (bits >> FloatFractionBits <= excess)
        {
            // Subnormal in the format. The last bit of a float as large as the anchor is worth the format's smallest number,
            // so the addition itself rounds, and the sum's bits count from the anchor's.
            var anchor = (excess + 1 + dropped) << FloatFractionBits;
            code = BitConverter.SingleToInt32Bits(magnitude + BitConverter.Int32BitsToSingle(anchor)) - anchor;
        }
        else
        {
            var lastKept = (bits >> dropped) & 1;
            var halfLess = (1 << (dropped - 1)) - 1;
            // Infinity's bits plus what is added stay below 2^31.
            code = ((bits + halfLess + lastKept) >> dropped) - (excess << fractionBits);
        }

        return (byte)Math.Min(code, largest);
    }

    /// <summary>Computes the number of a code without sign.</summary>
    /// <param name="code">Code: the exponent above the fraction.</param>
    /// <param name="fractionBits">Number of bits of the format's fraction.</param>
    /// <param name="bias">Bias of the format's exponent.</param>
    public static float Value(int code, int fractionBits, int bias)
    {
        var exponent = code >> fractionBits;
        var fraction = code & ((1 << fractionBits) - 1);
        return exponent == 0
            ? MathF.ScaleB(fraction, 1 - bias - fractionBits)
            : MathF.ScaleB(fraction | (1 << fractionBits), exponent - bias - fractionBits);
    }
}
