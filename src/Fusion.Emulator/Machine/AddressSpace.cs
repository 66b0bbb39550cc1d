namespace Fusion.Emulation.Machine;

/// <summary>All memory that kernels may address, on all GPUs and on the host. Freed memory is kept for a while, so that its use
/// is told from that of an address that was never valid.</summary>
internal sealed class AddressSpace(bool tracksWrites, bool marksThreads, bool notesCopies)
{
    private const ulong KeptBytes = 64UL << 20;
    private const int KeptCount = 1000;

    private readonly Lock gate = new();
    private readonly Queue<Allocation> freed = [];
    private Allocation[] sorted = [];
    private ulong freedBytes;

    public Allocation Allocate(ulong bytes, int gpu, AllocationKind kind, nint context = 0)
    {
        var made = Allocation.Make(
            bytes, gpu, kind, tracksWrites && kind == AllocationKind.Device, context, marksThreads && kind != AllocationKind.Host, notesCopies);
        lock (gate)
        {
            var at = IndexBehind(sorted, made.Start);
            var grown = new Allocation[sorted.Length + 1];
            Array.Copy(sorted, grown, at);
            grown[at] = made;
            Array.Copy(sorted, at, grown, at + 1, sorted.Length - at);
            Volatile.Write(ref sorted, grown);
        }

        return made;
    }

    /// <summary>Frees an allocation.</summary>
    /// <returns>Whether a live allocation of that kind starts at the address.</returns>
    public bool Free(ulong start, AllocationKind kind)
    {
        lock (gate)
        {
            if (Find(start) is not { IsFreed: false } found || found.Start != start || found.Kind != kind) return false;
            found.IsFreed = true;
            freed.Enqueue(found);
            freedBytes += found.Bytes;
            while ((freedBytes > KeptBytes || freed.Count > KeptCount) && freed.TryDequeue(out var oldest)) Forget(oldest);
            return true;
        }
    }

    /// <summary>Finds the allocation, live or freed, that holds an address.</summary>
    public Allocation? Find(ulong address)
    {
        var all = Volatile.Read(ref sorted);
        var at = IndexBehind(all, address) - 1;
        return at >= 0 && all[at].Holds(address, 1) ? all[at] : null;
    }

    /// <summary>Finds the live allocation that holds some bytes.</summary>
    public Allocation? FindLive(ulong address, ulong bytes) =>
        Find(address) is { IsFreed: false } found && found.Holds(address, bytes) ? found : null;

    /// <summary>Finds the allocation that is nearest to an address, for messages.</summary>
    public Allocation? Nearest(ulong address)
    {
        var all = Volatile.Read(ref sorted);
        var at = IndexBehind(all, address);
        var before = at > 0 ? all[at - 1] : null;
        var behind = at < all.Length ? all[at] : null;
        if (before is null || behind is null) return before ?? behind;
        return address - (before.Start + before.Bytes) <= behind.Start - address ? before : behind;
    }

    private void Forget(Allocation old)
    {
        freedBytes -= old.Bytes;
        Volatile.Write(ref sorted, [.. sorted.Where(one => one != old)]);
        old.Release();
    }

    private static int IndexBehind(Allocation[] all, ulong address)
    {
        var (low, high) = (0, all.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (all[middle].Start <= address) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
