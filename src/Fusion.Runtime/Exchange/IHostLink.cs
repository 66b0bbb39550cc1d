namespace Fusion.Runtime;

/// <summary>Passes what ranks on the CPU send each other between processes, in pieces of a fixed size. A rank posts piece n only when it has
/// read piece n - 1 of all others, so that two pieces of each rank are under way at most.</summary>
internal interface IHostLink
{
    /// <summary>Size of a piece in bytes.</summary>
    const int PieceBytes = 256 << 10;

    /// <summary>Sends a rank's piece to all other processes.</summary>
    /// <param name="rank">Index of a rank of this process.</param>
    /// <param name="number">Number of the piece since the last reset, from 0, in order.</param>
    /// <param name="piece">The piece, of <see cref="PieceBytes"/> at most.</param>
    void Post(int rank, long number, ReadOnlySpan<byte> piece);

    /// <summary>Reads a piece of a rank of another process, if it is there.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="number">Number of the piece.</param>
    /// <param name="piece">Gets the piece: as many bytes as were posted, or fewer.</param>
    /// <returns>Whether the piece was there.</returns>
    bool TryRead(int rank, long number, Span<byte> piece);
}
