using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Number of blocks or threads in up to three dimensions.</summary>
public readonly record struct Dim3
{
    /// <summary>Makes a number of up to three dimensions.</summary>
    /// <param name="x">Number along x.</param>
    /// <param name="y">Number along y.</param>
    /// <param name="z">Number along z.</param>
    public Dim3(int x, int y = 1, int z = 1) => (X, Y, Z) = (x, y, z);

    /// <summary>Number along x.</summary>
    public int X { get; init; }

    /// <summary>Number along y.</summary>
    public int Y { get; init; }

    /// <summary>Number along z.</summary>
    public int Z { get; init; }

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
