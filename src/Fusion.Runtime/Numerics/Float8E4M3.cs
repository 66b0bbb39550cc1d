using System.Globalization;

namespace Fusion.Runtime;

/// <summary>FP8 with 4 bits of exponent and 3 of fraction: CUDA's <c>__nv_fp8_e4m3</c>. Numbers from 2^-9 to 448, no
/// infinities, one NaN of either sign (OCP 8-bit Floating Point Specification 1.0).</summary>
public readonly struct Float8E4M3 : IEquatable<Float8E4M3>, IComparable<Float8E4M3>, IComparable, ISpanFormattable
{
    private const int FractionBits = 3;
    private const int Bias = 7;
    private const int Sign = 0x80;
    private const byte Largest = 0x7E;
    private const byte NaNBits = 0x7F;

    private Float8E4M3(byte bits) => Bits = bits;

    /// <summary>Largest finite number, 448.</summary>
    public static Float8E4M3 MaxValue => new(Largest);

    /// <summary>Not a number, 0x7F.</summary>
    public static Float8E4M3 NaN => new(NaNBits);

    /// <summary>Bits of the number: sign (1 bit), exponent (4), fraction (3), from the highest bit down.</summary>
    public byte Bits { get; }

    /// <summary>Makes the number with given bits.</summary>
    /// <param name="bits">Sign (1 bit), exponent (4), fraction (3), from the highest bit down.</param>
    public static Float8E4M3 FromBits(byte bits) => new(bits);

    /// <summary>Rounds to nearest even. Numbers beyond 448 and infinities become 448 with their sign, as
    /// <c>cvt.rn.satfinite.e4m3x2.f32</c> does. NaN becomes 0x7F.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float8E4M3(float value)
    {
        if (float.IsNaN(value)) return NaN;
        var code = Minifloat.Round(MathF.Abs(value), FractionBits, Bias, Largest);
        return new((byte)(float.IsNegative(value) ? code | Sign : code));
    }

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(Float8E4M3 value)
    {
        var code = value.Bits & ~Sign;
        if (code == NaNBits) return float.NaN;
        var magnitude = Minifloat.Value(code, FractionBits, Bias);
        return (value.Bits & Sign) == 0 ? magnitude : -magnitude;
    }

    /// <summary>Rounds as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float8E4M3 FromSingle(float value) => (Float8E4M3)value;

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Tells whether two numbers are equal: 0 and -0 are, NaN and NaN are not.</summary>
    public static bool operator ==(Float8E4M3 left, Float8E4M3 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Tells whether two numbers are not equal.</summary>
    public static bool operator !=(Float8E4M3 left, Float8E4M3 right) => !(left == right);

    /// <summary>Compares as <see cref="float.Equals(float)"/> does: 0 equals -0, and NaN equals NaN.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(Float8E4M3 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8E4M3 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float8E4M3(Half value) => (Float8E4M3)(float)value;

    /// <summary>Converts exactly to a <see cref="Half"/>.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator Half(Float8E4M3 value) => (Half)value.ToSingle();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="Half"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float8E4M3 FromHalf(Half value) => (Float8E4M3)value;

    /// <summary>Converts as the conversion to <see cref="Half"/> does.</summary>
    public Half ToHalf() => (Half)this;

    /// <summary>Tells whether a number is smaller than another. False if either is NaN.</summary>
    public static bool operator <(Float8E4M3 left, Float8E4M3 right) => left.ToSingle() < right.ToSingle();

    /// <summary>Tells whether a number is larger than another. False if either is NaN.</summary>
    public static bool operator >(Float8E4M3 left, Float8E4M3 right) => left.ToSingle() > right.ToSingle();

    /// <summary>Tells whether a number is at most another. False if either is NaN.</summary>
    public static bool operator <=(Float8E4M3 left, Float8E4M3 right) => left.ToSingle() <= right.ToSingle();

    /// <summary>Tells whether a number is at least another. False if either is NaN.</summary>
    public static bool operator >=(Float8E4M3 left, Float8E4M3 right) => left.ToSingle() >= right.ToSingle();

    /// <summary>Orders numbers as <see cref="float.CompareTo(float)"/> does: 0 equals -0, and NaN comes before all other numbers.</summary>
    /// <param name="other">The other number.</param>
    public int CompareTo(Float8E4M3 other) => ToSingle().CompareTo(other.ToSingle());

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Float8E4M3 other => CompareTo(other),
        _ => throw new ArgumentException($"Expected a {nameof(Float8E4M3)}, but got a {obj.GetType().Name}.", nameof(obj)),
    };

    /// <summary>Formats the number as a <see cref="float"/> of the same value.</summary>
    /// <param name="format">Format, as <see cref="float.ToString(string, IFormatProvider)"/> takes it; null for the shortest.</param>
    /// <param name="formatProvider">Culture; null for the current one.</param>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToSingle().ToString(format, formatProvider);

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        ToSingle().TryFormat(destination, out charsWritten, format, provider);

    /// <summary>Formats the number in the invariant culture.</summary>
    public override string ToString() => ToSingle().ToString(CultureInfo.InvariantCulture);
}
