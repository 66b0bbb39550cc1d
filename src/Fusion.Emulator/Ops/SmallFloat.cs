using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Floats of 4, 6 and 8 bits: a sign, an exponent and a mantissa. Codes are rounded to nearest even, and what is too large
/// becomes the largest number.</summary>
internal static class SmallFloat
{
    public static int Encode(double value, PtxType type)
    {
        var format = FormatOf(type);
        var isNegative = double.IsNegative(value);
        var sign = isNegative ? 1 << (format.Exponent + format.Mantissa) : 0;
        if (double.IsNaN(value)) return format.Nan;
        var size = Math.Abs(value);
        if (size >= format.Largest) return sign | format.LargestCode;
        var bias = (1 << (format.Exponent - 1)) - 1;
        var exponent = size == 0 ? 1 - bias : Math.Max(Math.ILogB(size), 1 - bias);
        // In units of the last place; a carry into the exponent comes out right by itself.
        var units = (int)Math.Round(Math.ScaleB(size, format.Mantissa - exponent), MidpointRounding.ToEven);
        var code = units + ((exponent + bias - 1) << format.Mantissa);
        return sign | Math.Min(code, format.LargestCode);
    }

    public static double Decode(int code, PtxType type)
    {
        var format = FormatOf(type);
        var bits = format.Exponent + format.Mantissa;
        var size = code & ((1 << bits) - 1);
        var sign = (code >> bits & 1) != 0 ? -1.0 : 1.0;
        if (type == PtxType.E4M3x2 && size == 0x7F) return double.NaN;
        if (type == PtxType.E5M2x2 && size >= 0x7C) return size == 0x7C ? sign * double.PositiveInfinity : double.NaN;
        var bias = (1 << (format.Exponent - 1)) - 1;
        var (exponent, mantissa) = (size >> format.Mantissa, size & ((1 << format.Mantissa) - 1));
        return sign * (exponent == 0
            ? Math.ScaleB(mantissa, 1 - bias - format.Mantissa)
            : Math.ScaleB(mantissa + (1 << format.Mantissa), exponent - bias - format.Mantissa));
    }

    /// <summary>Rounds the bits of an f32 to the 19 bits of tf32: to nearest, ties away from zero or to even, or towards zero.
    /// With ties away from zero an H100 cuts the bits of a NaN as those of a number, which may make it infinite.</summary>
    public static uint ToTf32(uint bits, bool towardsZero, bool tiesAway, bool relu)
    {
        var isNan = (bits & 0x7FFF_FFFF) > 0x7F80_0000;
        if (isNan && !tiesAway) return Rounding.CanonicalNan;
        if (relu && !isNan && bits >> 31 != 0) return 0;
        if (towardsZero || (bits & 0x7F80_0000) == 0x7F80_0000) return bits & 0xFFFF_E000;
        return (bits + (tiesAway ? 0x1000u : 0xFFFu + (bits >> 13 & 1))) & 0xFFFF_E000;
    }

    /// <summary>Power of two below or at a value, as its exponent.</summary>
    public static int ToUe8m0(double value) => double.IsNaN(value) ? 0xFF
        : value <= Math.ScaleB(1, -127) ? 0 : Math.Min(254, Math.ILogB(value) + 127);

    private static (int Exponent, int Mantissa, double Largest, int LargestCode, int Nan) FormatOf(PtxType type) => type switch
    {
        PtxType.E4M3x2 => (4, 3, 448, 0x7E, 0x7F),
        PtxType.E5M2x2 => (5, 2, 57344, 0x7B, 0x7F),
        PtxType.E2M3x2 => (2, 3, 7.5, 0x1F, 0x1F),
        PtxType.E3M2x2 => (3, 2, 28, 0x1F, 0x1F),
        _ => (2, 1, 6, 7, 7),
    };
}
