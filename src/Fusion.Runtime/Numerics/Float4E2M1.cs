using System.Globalization;

namespace Fusion.Runtime;

/// <summary>FP4 with 2 bits of exponent and 1 of fraction: CUDA's <c>__nv_fp4_e2m1</c>. Its numbers are 0, 0.5, 1, 1.5, 2, 3,
/// 4 and 6 of either sign; no infinities, no NaN (OCP Microscaling Formats 1.0, section 5.3.3).</summary>
/// <remarks>One number takes a byte here; in a tensor two share one, the even element in the low half:
/// <see cref="Pack"/>.</remarks>
public readonly struct Float4E2M1 : IEquatable<Float4E2M1>, IComparable<Float4E2M1>, IComparable, ISpanFormattable
{
    private const int FractionBits = 1;
    private const int Bias = 1;
    private const int Sign = 8;
    private const byte Largest = 7;
    private const int Mask = 0xF;
    private const int Width = 4;

    private Float4E2M1(byte bits) => Bits = bits;

    /// <summary>Largest number, 6.</summary>
    public static Float4E2M1 MaxValue => new(Largest);

    /// <summary>Bits of the number: sign (1 bit), exponent (2), fraction (1), from the highest of the low four bits down;
    /// the others are 0.</summary>
    public byte Bits { get; }

    /// <summary>Makes the number with given bits.</summary>
    /// <param name="bits">Sign (1 bit), exponent (2), fraction (1), from the highest of the low four bits down; the others
    /// are ignored.</param>
    public static Float4E2M1 FromBits(byte bits) => new((byte)(bits & Mask));

    /// <summary>Rounds to nearest even. Numbers beyond 6 and infinities become 6 with their sign, and NaN becomes 6, as
    /// <c>cvt.rn.satfinite.e2m1x2.f32</c> does.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float4E2M1(float value)
    {
        if (float.IsNaN(value)) return MaxValue;
        var code = Minifloat.Round(MathF.Abs(value), FractionBits, Bias, Largest);
        return new((byte)(float.IsNegative(value) ? code | Sign : code));
    }

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(Float4E2M1 value)
    {
        var magnitude = Minifloat.Value(value.Bits & ~Sign, FractionBits, Bias);
        return (value.Bits & Sign) == 0 ? magnitude : -magnitude;
    }

    /// <summary>Rounds as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float4E2M1 FromSingle(float value) => (Float4E2M1)value;

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Packs two neighbouring elements of a tensor into a byte.</summary>
    /// <param name="even">Element of even index, which takes the low half.</param>
    /// <param name="odd">Next element, which takes the high half.</param>
    public static byte Pack(Float4E2M1 even, Float4E2M1 odd) => (byte)(even.Bits | (odd.Bits << Width));

    /// <summary>Unpacks the two neighbouring elements of a tensor that a byte holds.</summary>
    /// <param name="pair">The byte.</param>
    public static (Float4E2M1 Even, Float4E2M1 Odd) Unpack(byte pair) => (FromBits(pair), FromBits((byte)(pair >> Width)));

    /// <summary>Tells whether two numbers are equal: 0 and -0 are.</summary>
    public static bool operator ==(Float4E2M1 left, Float4E2M1 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Tells whether two numbers are not equal.</summary>
    public static bool operator !=(Float4E2M1 left, Float4E2M1 right) => !(left == right);

    /// <summary>Compares as <see cref="float.Equals(float)"/> does: 0 equals -0.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(Float4E2M1 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float4E2M1 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float4E2M1(Half value) => (Float4E2M1)(float)value;

    /// <summary>Converts exactly to a <see cref="Half"/>.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator Half(Float4E2M1 value) => (Half)value.ToSingle();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="Half"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float4E2M1 FromHalf(Half value) => (Float4E2M1)value;

    /// <summary>Converts as the conversion to <see cref="Half"/> does.</summary>
    public Half ToHalf() => (Half)this;

    /// <summary>Tells whether a number is smaller than another.</summary>
    public static bool operator <(Float4E2M1 left, Float4E2M1 right) => left.ToSingle() < right.ToSingle();

    /// <summary>Tells whether a number is larger than another.</summary>
    public static bool operator >(Float4E2M1 left, Float4E2M1 right) => left.ToSingle() > right.ToSingle();

    /// <summary>Tells whether a number is at most another.</summary>
    public static bool operator <=(Float4E2M1 left, Float4E2M1 right) => left.ToSingle() <= right.ToSingle();

    /// <summary>Tells whether a number is at least another.</summary>
    public static bool operator >=(Float4E2M1 left, Float4E2M1 right) => left.ToSingle() >= right.ToSingle();

    /// <summary>Orders numbers as <see cref="float.CompareTo(float)"/> does: 0 equals -0.</summary>
    /// <param name="other">The other number.</param>
    public int CompareTo(Float4E2M1 other) => ToSingle().CompareTo(other.ToSingle());

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Float4E2M1 other => CompareTo(other),
        _ => throw new ArgumentException($"Expected a {nameof(Float4E2M1)}, but got a {obj.GetType().Name}.", nameof(obj)),
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
