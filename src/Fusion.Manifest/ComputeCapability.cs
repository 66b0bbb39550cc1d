using System.Globalization;

namespace Fusion.Manifest;

/// <summary>Compute capability of a GPU: the pair of numbers that the driver reports, 9.0 for an H100 or H200.</summary>
/// <param name="Major">Number of the generation.</param>
/// <param name="Minor">Number of the chip within the generation, 0 to 9.</param>
public readonly record struct ComputeCapability(int Major, int Minor) : IComparable<ComputeCapability>
{
    /// <summary>Both numbers as one, as in architecture names: 90 for 9.0, 103 for 10.3.</summary>
    public int Number => (Major * 10) + Minor;

    /// <summary>Gets the compute capability of an architecture number: 9.0 for 90, 10.3 for 103.</summary>
    /// <param name="number">Number in <c>sm_NN</c>.</param>
    public static ComputeCapability FromNumber(int number) => new(number / 10, number % 10);

    /// <inheritdoc/>
    public int CompareTo(ComputeCapability other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>Tells whether <paramref name="left"/> is older than <paramref name="right"/>.</summary>
    public static bool operator <(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) < 0;

    /// <summary>Tells whether <paramref name="left"/> is newer than <paramref name="right"/>.</summary>
    public static bool operator >(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) > 0;

    /// <summary>Tells whether <paramref name="left"/> is not newer than <paramref name="right"/>.</summary>
    public static bool operator <=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) <= 0;

    /// <summary>Tells whether <paramref name="left"/> is not older than <paramref name="right"/>.</summary>
    public static bool operator >=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) >= 0;
}
