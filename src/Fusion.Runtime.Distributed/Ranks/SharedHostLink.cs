using Fusion.Runtime.Distributed.Memory;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Passes the pieces of ranks on the CPU through shared memory: each rank writes to memory of its own, in two places in turn, and
/// counts what it has written, which the others see.</summary>
internal sealed unsafe class SharedHostLink : IProcessLink
{
    private const int Places = 2;

    // A count of pieces, and the length of a piece, each on a page of its own.
    private const int HeadBytes = 4096;
    private const int PlaceBytes = HeadBytes + IHostLink.PieceBytes;
    private const long Bytes = HeadBytes + (Places * PlaceBytes);

    private readonly SharedHostMemory own;
    private readonly SharedHostMemory?[] all;

    /// <param name="rank">Index of this process's rank.</param>
    /// <param name="ranks">World size.</param>
    /// <exception cref="IOException">The system has no memory to share.</exception>
    public SharedHostLink(int rank, int ranks)
    {
        own = SharedHostMemory.Create(Bytes);
        all = new SharedHostMemory?[ranks];
        all[rank] = own;
    }

    /// <summary>Descriptor of this rank's memory.</summary>
    public SafeFileHandle Descriptor => own.Descriptor;

    /// <summary>Opens the memory of another rank.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="descriptor">Descriptor of its memory.</param>
    /// <exception cref="IOException">It is something else.</exception>
    public void Open(int rank, SafeFileHandle descriptor) => all[rank] = SharedHostMemory.Open(descriptor, Bytes);

    /// <inheritdoc/>
    public void Post(int rank, long number, ReadOnlySpan<byte> piece)
    {
        var place = PlaceOf(own, number);
        *(int*)place = piece.Length;
        piece.CopyTo(new Span<byte>(place + HeadBytes, IHostLink.PieceBytes));
        Volatile.Write(ref *(long*)own.Pointer, number + 1);
    }

    /// <inheritdoc/>
    public bool TryRead(int rank, long number, Span<byte> piece)
    {
        var memory = all[rank]!;
        if (Volatile.Read(ref *(long*)memory.Pointer) <= number) return false;
        var place = PlaceOf(memory, number);
        // The length is another process's word.
        var length = Math.Clamp(*(int*)place, 0, Math.Min(piece.Length, IHostLink.PieceBytes));
        new ReadOnlySpan<byte>(place + HeadBytes, length).CopyTo(piece);
        return true;
    }

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref *(long*)own.Pointer, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var memory in all) memory?.Dispose();
    }

    private static byte* PlaceOf(SharedHostMemory memory, long number) => memory.Pointer + HeadBytes + (number % Places * PlaceBytes);
}
