using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Exchanges shapes and inputs of a call with the ranks of other processes, so that each process can compute its own ranks'
/// outputs.</summary>
/// <typeparam name="TShape">What all ranks' calls have in common.</typeparam>
/// <param name="link">Way to the other processes.</param>
/// <param name="isLocal">Whether each rank is of this process.</param>
internal sealed unsafe class HostStaging<TShape>(IHostLink link, bool[] isLocal) : IDisposable
    where TShape : unmanaged
{
    private const nuint Alignment = 256;
    private static readonly int ContentBytes = IHostLink.PieceBytes - sizeof(TShape);

    private readonly byte[] piece = new byte[IHostLink.PieceBytes];
    private readonly bool[] hasCome = new bool[isLocal.Length];
    private readonly void*[] inputs = new void*[isLocal.Length];
    private long capacity;
    private long posted;

    /// <summary>Ranks whose part of the current call has not come, if <see cref="TryExchange"/> failed.</summary>
    public int[] Missing => [.. Enumerable.Range(0, hasCome.Length).Where(rank => !isLocal[rank] && !hasCome[rank])];

    /// <summary>Gets the address of the copy of a rank's input.</summary>
    /// <param name="rank">Index of a rank of another process.</param>
    public ulong InputOf(int rank) => (ulong)inputs[rank];

    /// <summary>Sends the shapes and inputs of this process's ranks, and copies those of the others. A call of another size is not copied
    /// beyond its first piece: its shape says so.</summary>
    /// <param name="shapes">Shapes of all ranks' calls; those of other processes are filled in.</param>
    /// <param name="own">Inputs of this process's ranks, at their indices.</param>
    /// <param name="bytes">Size of each input.</param>
    /// <param name="agree">Called when the shapes are there; throws if they differ.</param>
    /// <param name="mustEnd">Called while a piece is missing: whether to give up.</param>
    /// <returns>Whether all came.</returns>
    public bool TryExchange(TShape[] shapes, ReadOnlySpan<ulong> own, long bytes, Action agree, Func<bool> mustEnd)
    {
        Reserve(bytes);
        var at = 0L;
        do
        {
            var part = (int)Math.Min(ContentBytes, bytes - at);
            for (var rank = 0; rank < isLocal.Length; rank++)
            {
                if (isLocal[rank]) Post(rank, shapes[rank], new ReadOnlySpan<byte>((byte*)own[rank] + at, part));
            }

            if (!TryReadAll(shapes, at, part, mustEnd)) return false;
            posted++;
            if (at == 0) agree();
            at += part;
        }
        while (at < bytes);
        return true;
    }

    /// <summary>Begins anew, when no process has a call under way.</summary>
    public void Reset() => posted = 0;

    /// <summary>Frees the copies.</summary>
    public void Dispose()
    {
        for (var rank = 0; rank < inputs.Length; rank++)
        {
            NativeMemory.AlignedFree(inputs[rank]);
            inputs[rank] = null;
        }

        capacity = 0;
    }

    private void Post(int rank, in TShape shape, ReadOnlySpan<byte> content)
    {
        MemoryMarshal.Write(piece, shape);
        content.CopyTo(piece.AsSpan(sizeof(TShape)));
        link.Post(rank, posted, piece.AsSpan(0, sizeof(TShape) + content.Length));
    }

    private bool TryReadAll(TShape[] shapes, long at, int part, Func<bool> mustEnd)
    {
        Array.Clear(hasCome);
        var wait = default(SpinWait);
        while (true)
        {
            var isComplete = true;
            for (var rank = 0; rank < isLocal.Length; rank++)
            {
                if (isLocal[rank] || hasCome[rank]) continue;
                hasCome[rank] = link.TryRead(rank, posted, piece.AsSpan(0, sizeof(TShape) + part));
                isComplete &= hasCome[rank];
                if (!hasCome[rank]) continue;
                shapes[rank] = MemoryMarshal.Read<TShape>(piece);
                piece.AsSpan(sizeof(TShape), part).CopyTo(new Span<byte>((byte*)inputs[rank] + at, part));
            }

            if (isComplete) return true;
            if (mustEnd()) return false;
            wait.SpinOnce();
        }
    }

    private void Reserve(long bytes)
    {
        if (bytes <= capacity) return;
        Dispose();
        for (var rank = 0; rank < inputs.Length; rank++)
        {
            if (!isLocal[rank]) inputs[rank] = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        }

        capacity = bytes;
    }
}
