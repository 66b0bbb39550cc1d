using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A floating-point number of 16 bits with the range of a <see cref="float"/> and 8 significant bits: CUDA's
/// <c>__nv_bfloat16</c>. It is the upper half of the float of the same value.</summary>
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private const ushort QuietNaN = 0x0040;

    private BFloat16(ushort bits) => Bits = bits;

    /// <summary>Sign (1 bit), exponent (8), fraction (7), from the highest bit down.</summary>
    public ushort Bits { get; }

    /// <summary>The number with these bits.</summary>
    /// <param name="bits">Sign (1 bit), exponent (8), fraction (7), from the highest bit down.</param>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>Rounds to the nearest, of two to the one whose last bit is 0, as <c>cvt.rn.bf16.f32</c> does. A NaN stays
    /// one and keeps its sign; what is too large becomes infinite.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return new((ushort)((bits >> 16) | QuietNaN));
        var lastKept = (bits >> 16) & 1;
        return new((ushort)((bits + 0x7FFF + lastKept) >> 16));
    }

    /// <summary>The same number, exactly.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);

    /// <summary>Rounds as the operator does.</summary>
    /// <param name="value">The number to round.</param>
    public static BFloat16 FromSingle(float value) => (BFloat16)value;

    /// <summary>The same number, exactly.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Whether the numbers are equal: 0 and -0 are, NaN and NaN are not.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Whether the numbers are not equal.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => !(left == right);

    /// <summary>As <see cref="float.Equals(float)"/>: 0 equals -0, and NaN equals NaN.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(BFloat16 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>The number in the invariant culture.</summary>
    public override string ToString() => ToSingle().ToString(CultureInfo.InvariantCulture);
}
