using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Number of blocks or threads in up to three dimensions.</summary>
/// <param name="X">Number along x.</param>
/// <param name="Y">Number along y.</param>
/// <param name="Z">Number along z.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>Product of the three numbers.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>Makes a number along x alone.</summary>
    /// <param name="x">Number along x.</param>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>Makes a number along x alone.</summary>
    /// <param name="x">Number along x.</param>
    public static Dim3 FromInt32(int x) => new(x);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{X} × {Y} × {Z}");
}
