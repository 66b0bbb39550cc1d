using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A number of blocks or threads in up to three dimensions.</summary>
/// <param name="X">Along x.</param>
/// <param name="Y">Along y.</param>
/// <param name="Z">Along z.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>All together.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>That many along x.</summary>
    /// <param name="x">How many.</param>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>That many along x.</summary>
    /// <param name="x">How many.</param>
    public static Dim3 FromInt32(int x) => new(x);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{X} × {Y} × {Z}");
}
