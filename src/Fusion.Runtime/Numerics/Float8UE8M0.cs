using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A power of two from 2^-127 to 2^127, or NaN (0xFF), for scales: CUDA's <c>__nv_fp8_e8m0</c> (OCP Microscaling
/// Formats 1.0, section 5.4.1). No sign, no 0.</summary>
public readonly struct Float8UE8M0 : IEquatable<Float8UE8M0>
{
    private const int Bias = 127;
    private const byte Largest = 254;
    private const byte NaNBits = 255;
    private const int FloatFractionBits = 23;
    private const int FloatFraction = (1 << FloatFractionBits) - 1;

    private Float8UE8M0(byte bits) => Bits = bits;

    /// <summary>Not a number, 0xFF.</summary>
    public static Float8UE8M0 NaN => new(NaNBits);

    /// <summary>Exponent of the power of two, plus 127.</summary>
    public byte Bits { get; }

    /// <summary>The number with these bits.</summary>
    /// <param name="bits">Exponent of the power of two, plus 127.</param>
    public static Float8UE8M0 FromBits(byte bits) => new(bits);

    /// <summary>Rounds up to a power of two. Beyond 2^127 it becomes 2^127; 0 and what is negative become 2^-127, other
    /// subnormal numbers 2^-126; NaN stays one: <c>ue8m0_up</c> of docs/numbers.md.</summary>
    /// <param name="value">The number to round.</param>
    public static explicit operator Float8UE8M0(float value)
    {
        if (float.IsNaN(value)) return NaN;
        if (value <= 0) return new(0);
        var bits = BitConverter.SingleToInt32Bits(value);
        var exponent = (bits >> FloatFractionBits) + ((bits & FloatFraction) != 0 ? 1 : 0);
        return new((byte)Math.Min(exponent, Largest));
    }

    /// <summary>The same number, exactly; 2^-127 is a subnormal float.</summary>
    /// <param name="value">The number.</param>
    public static explicit operator float(Float8UE8M0 value) =>
        value.Bits == NaNBits ? float.NaN : MathF.ScaleB(1, value.Bits - Bias);

    /// <summary>Rounds as the operator does.</summary>
    /// <param name="value">The number to round.</param>
    public static Float8UE8M0 FromSingle(float value) => (Float8UE8M0)value;

    /// <summary>The same number, exactly.</summary>
    public float ToSingle() => (float)this;

    /// <summary>Whether the numbers are equal: NaN and NaN are not.</summary>
    public static bool operator ==(Float8UE8M0 left, Float8UE8M0 right) => left.ToSingle() == right.ToSingle();

    /// <summary>Whether the numbers are not equal.</summary>
    public static bool operator !=(Float8UE8M0 left, Float8UE8M0 right) => !(left == right);

    /// <summary>As <see cref="float.Equals(float)"/>: NaN equals NaN.</summary>
    /// <param name="other">The other number.</param>
    public bool Equals(Float8UE8M0 other) => ToSingle().Equals(other.ToSingle());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Float8UE8M0 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToSingle().GetHashCode();

    /// <summary>The number in the invariant culture.</summary>
    public override string ToString() => ToSingle().ToString(CultureInfo.InvariantCulture);
}
