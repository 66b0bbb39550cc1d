using System.Runtime.InteropServices;

namespace Fusion.Emulation.Machine;

/// <summary>Stores of a warp to other GPUs' memory that have not arrived yet. They arrive in words of 4 bytes, late, and in any order but
/// that of stores to one word, until something orders them: a fence, a store with release, the end of the kernel.</summary>
internal sealed unsafe class PeerStores : IDisposable
{
    private const int Capacity = 16 << 10;
    private const int Word = 4;

    private readonly List<(ulong Address, int Bytes, int At)> pending = [];
    private readonly byte* data = (byte*)NativeMemory.Alloc(Capacity);
    private readonly AddressSpace memory;
    private readonly Random random;
    private int used;

    public PeerStores(AddressSpace memory, Random random) => (this.memory, this.random) = (memory, random);

    public bool IsEmpty => pending.Count == 0;

    /// <summary>Makes room for a store.</summary>
    /// <returns>Where to put the bytes, which the target gets later.</returns>
    public byte* Add(ulong address, int bytes)
    {
        if (used + bytes > Capacity) DeliverAll();
        var at = used;
        used += bytes;
        for (var done = 0; done < bytes; done += Word) pending.Add((address + (ulong)done, Math.Min(Word, bytes - done), at + done));
        return data + at;
    }

    /// <summary>Lets some of the words arrive.</summary>
    public void DeliverSome()
    {
        for (var count = random.Next(pending.Count + 1); count > 0; count--)
        {
            var word = pending[random.Next(pending.Count)].Address / Word;
            // The first store to the word goes first.
            Deliver(pending.FindIndex(one => one.Address / Word == word));
        }
    }

    public void DeliverAll()
    {
        while (pending.Count > 0) Deliver(0);
    }

    public void Dispose() => NativeMemory.Free(data);

    private void Deliver(int index)
    {
        var (address, bytes, at) = pending[index];
        pending.RemoveAt(index);
        if (pending.Count == 0) used = 0;
        // Memory that was freed meanwhile takes nothing.
        if (memory.FindLive(address, (ulong)bytes) is not { } target) return;
        if (bytes == Word && address % Word == 0) Volatile.Write(ref *(uint*)address, *(uint*)(data + at));
        else Buffer.MemoryCopy(data + at, (void*)address, bytes, bytes);
        target.MarkWritten(address, (ulong)bytes);
    }
}
