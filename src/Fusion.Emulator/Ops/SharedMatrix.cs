using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>A matrix in shared memory, as a descriptor of <c>wgmma</c> has it: rows of 32 bytes along k, of which 8 make a group.</summary>
/// <param name="descriptor">The descriptor. From the lowest bit on, in units of 16 bytes: 14 bits of the address, from bit 16 the distance of
/// halves of rows where nothing is permuted, from bit 32 the distance of groups; from bit 49 a base for addresses; in the last two bits how
/// pieces are permuted.</param>
internal readonly unsafe struct SharedMatrix(ulong descriptor)
{
    /// <summary>Size in bytes of a row.</summary>
    public const int RowBytes = 32;

    private const int RowsOfGroup = 8;

    private Swizzle Swizzle => (descriptor >> 62) switch
    {
        0 => Swizzle.None,
        1 => new(128),
        2 => new(64),
        _ => new(32),
    };

    /// <summary>Gets the descriptor that the lanes of a warp give, who must give the same.</summary>
    /// <exception cref="KernelFaultException">They do not, or the emulator does not know what it says.</exception>
    public static SharedMatrix Of(Warp warp, int slot)
    {
        var values = new ReadOnlySpan<ulong>(warp.Registers + slot, 32);
        if (values.ContainsAnyExcept(values[0])) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "lanes of a warp give different descriptors of a matrix", values.IndexOfAnyExcept(values[0]));
        if ((values[0] >> 49 & 7) != 0) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "the descriptor of a matrix has a base offset, which the emulator does not know: let the matrix begin at a multiple of 1024 bytes");
        return new(values[0]);
    }

    /// <summary>Reads a row. It may have bytes that nobody wrote: of rows whose results nobody uses.</summary>
    public void ReadRow(Warp warp, int row, byte* to)
    {
        for (var at = 0; at < RowBytes; at += Swizzle.Piece)
        {
            var (block, offset) = warp.FindShared((ulong)PlaceOf(row, at), Swizzle.Piece, 0);
            warp.Products.BeginRead(block, offset, Swizzle.Piece);
            *(UInt128*)(to + at) = *(UInt128*)(block.Shared + offset);
        }
    }

    private int PlaceOf(int row, int at)
    {
        var group = Field(0) + (row / RowsOfGroup * Field(32));
        // Without a permutation, 8 rows of 16 bytes stand together.
        return Swizzle == Swizzle.None ? group + (at / Swizzle.Piece * Field(16)) + (row % RowsOfGroup * Swizzle.Piece)
            : Swizzle.PlaceOf(group + (row % RowsOfGroup * Swizzle.RowBytes) + at);
    }

    private int Field(int bit) => (int)(descriptor >> bit & 0x3FFF) << 4;
}
