using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A power of two from 2^-127 to 2^127, or NaN (0xFF), for scales: CUDA's <c>__nv_fp8_e8m0</c> (OCP Microscaling
/// Formats 1.0, section 5.4.1). It has no sign and no 0.</summary>
public readonly struct Float8UE8M0 : IEquatable<Float8UE8M0>, IComparable<Float8UE8M0>, IComparable, ISpanFormattable
{
    private const int Bias = 127;
    private const byte Largest = 254;
    private const byte NaNBits = 255;
    private const int FloatFractionBits = 23;
    private const int FloatFraction = (1 << FloatFractionBits) - 1;

    private Float8UE8M0(byte bits) => Bits = bits;

    /// <summary>Not a number, 0xFF.</summary>
    public static Float8UE8M0 NaN => new(NaNBits);

    /// <summary>Bits of the number: the exponent of the power of two, plus 127.</summary>
    public byte Bits { get; }

    /// <summary>Makes the number with given bits.</summary>
    /// <param name="bits">Exponent of the power of two, plus 127.</param>
    public static Float8UE8M0 FromBits(byte bits) => new(bits);

    /// <summary>Rounds up to a power of two (<c>ue8m0_up</c> of docs/numbers.md). Numbers beyond 2^127 become 2^127, 0 and
    /// negative ones 2^-127, other subnormal ones 2^-126; NaN stays NaN.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float8UE8M0(float value)
    {
        if (float.IsNaN(value)) return NaN;
        if (value <= 0) return new(0);
        var bits = BitConverter.SingleToInt32Bits(value);
        var exponent = (bits >> FloatFractionBits) + ((bits & FloatFraction) != 0 ? 1 : 0);
        return new((byte)Math.Min(exponent, Largest));
    }

    /// <summary>Converts exactly to a <see cref="float"/>; 2^-127 is subnormal there.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(Float8UE8M0 value) =>
        value.Bits == NaNBits ? float.NaN : MathF.ScaleB(1, value.Bits - Bias);

    /// <summary>Rounds up to a power of two, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float8UE8M0 FromSingle(float value) => (Float8UE8M0)value;

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Tells whether two numbers are equal: NaN and NaN are not.</summary>
    public static bool operator ==(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Tells whether two numbers are not equal.</summary>
    public static bool operator !=(Float8UE8M0 left, Float8UE8M0 right) => !(left == right);

    /// <summary>Compares as <see cref="float.Equals(float)"/> does: NaN equals NaN.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(Float8UE8M0 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8UE8M0 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>Rounds up to a power of two, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float8UE8M0(Half value) => (Float8UE8M0)(float)value;

    /// <summary>Rounds to nearest even; powers of two beyond the range of <see cref="Half"/> become infinite or 0.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator Half(Float8UE8M0 value) => (Half)value.ToSingle();

    /// <summary>Rounds up to a power of two, as the conversion from <see cref="Half"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float8UE8M0 FromHalf(Half value) => (Float8UE8M0)value;

    /// <summary>Converts as the conversion to <see cref="Half"/> does.</summary>
    public Half ToHalf() => (Half)this;

    /// <summary>Tells whether a number is smaller than another. False if either is NaN.</summary>
    public static bool operator <(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() < right.ToSingle();

    /// <summary>Tells whether a number is larger than another. False if either is NaN.</summary>
    public static bool operator >(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() > right.ToSingle();

    /// <summary>Tells whether a number is at most another. False if either is NaN.</summary>
    public static bool operator <=(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() <= right.ToSingle();

    /// <summary>Tells whether a number is at least another. False if either is NaN.</summary>
    public static bool operator >=(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() >= right.ToSingle();

    /// <summary>Orders numbers as <see cref="float.CompareTo(float)"/> does: NaN comes before all other numbers.</summary>
    /// <param name="other">The other number.</param>
    public int CompareTo(Float8UE8M0 other) => ToSingle().CompareTo(other.ToSingle());

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        Float8UE8M0 other => CompareTo(other),
        _ => throw new ArgumentException($"Expected a {nameof(Float8UE8M0)}, but got a {obj.GetType().Name}.", nameof(obj)),
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
