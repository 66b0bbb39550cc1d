using System.Globalization;

namespace Fusion.Manifest;

/// <summary>What a GPU can run: the pair of numbers that the driver reports, 9.0 for an H100 or H200.</summary>
/// <param name="Major">The generation.</param>
/// <param name="Minor">The chip within the generation, 0 to 9.</param>
public readonly record struct ComputeCapability(int Major, int Minor) : IComparable<ComputeCapability>
{
    /// <summary>The two numbers as architecture names write them: 90 for 9.0, 103 for 10.3.</summary>
    public int Number => (Major * 10) + Minor;

    /// <summary>The capability that an architecture number names: 9.0 for 90, 10.3 for 103.</summary>
    /// <param name="number">The number in <c>sm_NN</c>.</param>
    public static ComputeCapability FromNumber(int number) => new(number / 10, number % 10);

    /// <inheritdoc/>
    public int CompareTo(ComputeCapability other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>Whether <paramref name="left"/> is the older of the two.</summary>
    public static bool operator <(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is the newer of the two.</summary>
    public static bool operator >(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not newer than <paramref name="right"/>.</summary>
    public static bool operator <=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not older than <paramref name="right"/>.</summary>
    public static bool operator >=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) >= 0;
}
