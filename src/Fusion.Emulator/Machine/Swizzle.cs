namespace Fusion.Emulation.Machine;

/// <summary>How pieces of 16 bytes are permuted within rows of shared memory, so that the pieces of a column lie in different banks: the
/// number of a piece in its row is combined with bits of the address above 128.</summary>
/// <param name="RowBytes">Size of a row, 32, 64 or 128 bytes; 16 where nothing is permuted.</param>
internal readonly record struct Swizzle(int RowBytes)
{
    /// <summary>Size in bytes of what is moved as a whole.</summary>
    public const int Piece = 16;

    public static readonly Swizzle None = new(Piece);

    /// <summary>Gets the place of a byte.</summary>
    /// <param name="address">Address in shared memory where it would be if nothing were permuted.</param>
    public int PlaceOf(int address) => address ^ (address >> 3 & (RowBytes - Piece));
}
