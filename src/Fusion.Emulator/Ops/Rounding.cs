using System.Runtime.CompilerServices;

namespace Fusion.Emulation.Ops;

/// <summary>Direction of rounding.</summary>
internal enum Round
{
    Nearest, Zero, Down, Up,
}

/// <summary>Exact arithmetic and its rounding. A value is given as the nearest double and what is left, whose sum it is
/// exactly.</summary>
internal static class Rounding
{
    public const uint CanonicalNan = 0x7FFF_FFFF;

    public static float Canonical(float value) => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(CanonicalNan) : value;

    /// <summary>Zero of the same sign instead of a subnormal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    /// <summary>NaN and what is negative become 0, what is above 1 becomes 1.</summary>
    public static float Saturate(float value) => value > 0 ? Math.Min(value, 1) : 0;

    public static double Saturate(double value) => value > 0 ? Math.Min(value, 1) : 0;

    /// <summary>Sum of two doubles with what rounding left.</summary>
    public static (double Value, double Left) Sum(double a, double b)
    {
        var sum = a + b;
        if (!double.IsFinite(sum)) return (sum, 0);
        var part = sum - a;
        return (sum, (a - (sum - part)) + (b - part));
    }

    /// <summary>Rounds to odd: of the two doubles around a value that is none, the one whose last bit is set. To round that
    /// again to a narrower format is to round once.</summary>
    public static double ToOdd((double Value, double Left) exact)
    {
        var (value, rest) = exact;
        if (rest == 0 || !double.IsFinite(value)) return value;
        var bits = BitConverter.DoubleToInt64Bits(value);
        if ((bits & 1) != 0) return value;
        return rest > 0 == value > 0 ? BitConverter.Int64BitsToDouble(bits + 1) : BitConverter.Int64BitsToDouble(bits - 1);
    }

    /// <summary>Rounds to a float in a direction.</summary>
    public static float ToSingle((double Value, double Left) exact, Round round)
    {
        var odd = ToOdd(exact);
        var nearest = (float)odd;
        if (round == Round.Nearest || float.IsNaN(nearest) || nearest == odd) return nearest;
        return round switch
        {
            Round.Down => nearest > odd ? MathF.BitDecrement(nearest) : nearest,
            Round.Up => nearest < odd ? MathF.BitIncrement(nearest) : nearest,
            _ => Math.Abs((double)nearest) > Math.Abs(odd) ? Toward0(nearest) : nearest,
        };
    }

    /// <summary>Rounds to a double in a direction.</summary>
    public static double ToDouble((double Value, double Left) exact, Round round)
    {
        var (value, rest) = exact;
        if (round == Round.Nearest || double.IsNaN(value)) return value;
        if (double.IsInfinity(value) && rest == 0) return value;
        return round switch
        {
            Round.Down => rest < 0 ? Math.BitDecrement(value) : value,
            Round.Up => rest > 0 ? Math.BitIncrement(value) : value,
            _ => rest != 0 && rest > 0 != value > 0 ? Toward0(value) : value,
        };
    }

    public static float Toward0(float value) => value > 0 ? MathF.BitDecrement(value) : MathF.BitIncrement(value);

    public static double Toward0(double value) => value > 0 ? Math.BitDecrement(value) : Math.BitIncrement(value);

    public static ushort ToHalf(double odd, Round round = Round.Nearest)
    {
        if (double.IsNaN(odd)) return 0x7FFF;
        var nearest = (Half)odd;
        var away = Math.Abs((double)nearest) > Math.Abs(odd);
        if (round == Round.Zero && away) return (ushort)(BitConverter.HalfToUInt16Bits(nearest) - 1);
        return BitConverter.HalfToUInt16Bits(nearest);
    }

    public static ushort ToBFloat(double odd, Round round = Round.Nearest)
    {
        if (double.IsNaN(odd)) return 0x7FFF;
        // A float that is rounded to odd, for the last rounding below.
        var single = (float)odd;
        var bits = BitConverter.SingleToUInt32Bits(single);
        if (single != odd && float.IsFinite(single) && (bits & 1) == 0) bits = Math.Abs((double)single) < Math.Abs(odd) ? bits | 1 : bits - 1;
        if (float.IsInfinity(single) && !double.IsInfinity(odd)) bits--;
        return round == Round.Zero ? (ushort)(bits >> 16) : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    public static double FromHalf(ushort bits) => (double)BitConverter.UInt16BitsToHalf(bits);

    public static double FromBFloat(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
