using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A floating-point number of 16 bits with the range of a <see cref="float"/> and 8 significant bits: CUDA's
/// <c>__nv_bfloat16</c>. It is the upper half of the float of the same value.</summary>
public readonly struct BFloat16 : IEquatable<BFloat16>, IComparable<BFloat16>, IComparable, ISpanFormattable
{
    private const ushort QuietNaN = 0x0040;

    private BFloat16(ushort bits) => Bits = bits;

    /// <summary>Bits of the number: sign (1 bit), exponent (8), fraction (7), from the highest bit down.</summary>
    public ushort Bits { get; }

    /// <summary>Makes the number with given bits.</summary>
    /// <param name="bits">Sign (1 bit), exponent (8), fraction (7), from the highest bit down.</param>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>Rounds to nearest even, as <c>cvt.rn.bf16.f32</c> does. A NaN stays one and keeps its sign; numbers that are
    /// too large become infinite.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return new((ushort)((bits >> 16) | QuietNaN));
        var lastKept = (bits >> 16) & 1;
        return new((ushort)((bits + 0x7FFF + lastKept) >> 16));
    }

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);

    /// <summary>Rounds to nearest even, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static BFloat16 FromSingle(float value) => (BFloat16)value;

    /// <summary>Converts exactly to a <see cref="float"/>.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Tells whether two numbers are equal: 0 and -0 are, NaN and NaN are not.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Tells whether two numbers are not equal.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => !(left == right);

    /// <summary>Compares as <see cref="float.Equals(float)"/> does: 0 equals -0, and NaN equals NaN.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(BFloat16 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="float"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator BFloat16(Half value) => (BFloat16)(float)value;

    /// <summary>Rounds to nearest even; numbers beyond the range of <see cref="Half"/> become infinite.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator Half(BFloat16 value) => (Half)value.ToSingle();

    /// <summary>Rounds to nearest even, as the conversion from <see cref="Half"/> does.</summary>
    /// <param name="value">The number to round.</param>
    public static BFloat16 FromHalf(Half value) => (BFloat16)value;

    /// <summary>Converts as the conversion to <see cref="Half"/> does.</summary>
    public Half ToHalf() => (Half)this;

    /// <summary>Tells whether a number is smaller than another. False if either is NaN.</summary>
    public static bool operator <(BFloat16 left, BFloat16 right) => left.ToSingle() < right.ToSingle();

    /// <summary>Tells whether a number is larger than another. False if either is NaN.</summary>
    public static bool operator >(BFloat16 left, BFloat16 right) => left.ToSingle() > right.ToSingle();

    /// <summary>Tells whether a number is at most another. False if either is NaN.</summary>
    public static bool operator <=(BFloat16 left, BFloat16 right) => left.ToSingle() <= right.ToSingle();

    /// <summary>Tells whether a number is at least another. False if either is NaN.</summary>
    public static bool operator >=(BFloat16 left, BFloat16 right) => left.ToSingle() >= right.ToSingle();

    /// <summary>Orders numbers as <see cref="float.CompareTo(float)"/> does: 0 equals -0, and NaN comes before all other numbers.</summary>
    /// <param name="other">The other number.</param>
    public int CompareTo(BFloat16 other) => ToSingle().CompareTo(other.ToSingle());

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        BFloat16 other => CompareTo(other),
        _ => throw new ArgumentException($"Expected a {nameof(BFloat16)}, but got a {obj.GetType().Name}.", nameof(obj)),
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
