namespace Fusion.Emulation.Machine;

/// <summary>All memory that kernels may address, on all GPUs and on the host. Freed memory is kept for a while, so that its use
/// is told from that of an address that was never valid.</summary>
internal sealed class AddressSpace(bool tracksWrites, bool marksThreads, bool notesCopies)
{
    private const ulong KeptBytes = 64UL << 20;
    private const int KeptCount = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, SharedPages> pages = new(StringComparer.Ordinal);
    private readonly Queue<Allocation> freed = [];
    private Allocation[] sorted = [];
    private ulong freedBytes;

    public Allocation Allocate(ulong bytes, int gpu, AllocationKind kind, nint context = 0)
    {
        // Whole units may be mapped by other processes.
        var made = (kind == AllocationKind.Device && bytes % SharedPages.Unit == 0 ? TryAllocateShared(bytes, gpu, context) : null) ?? Allocation.Make(
            bytes, gpu, kind, tracksWrites && kind == AllocationKind.Device, context, marksThreads && kind != AllocationKind.Host, notesCopies);
        Add(made);
        return made;
    }

    /// <summary>Makes memory that has no address yet.</summary>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="gpu">Ordinal of the GPU that has it.</param>
    /// <param name="onEnd">Called when nothing in this process uses it any more.</param>
    /// <returns>The memory, used once; null if the system refuses.</returns>
    public SharedPages? TryMakePages(ulong bytes, int gpu, Action onEnd)
    {
        var made = SharedPages.TryMake(bytes, gpu, ended =>
        {
            lock (gate) pages.Remove(ended.Name);
            onEnd();
        });
        if (made is null) return null;
        made.Track(tracksWrites, marksThreads, notesCopies);
        lock (gate) pages[made.Name] = made;
        return made;
    }

    /// <summary>Finds memory by a descriptor of this process or another one.</summary>
    /// <param name="process">Number of the process, or <c>self</c>.</param>
    /// <param name="descriptor">Number of the descriptor there.</param>
    /// <returns>The memory, used once more; null if it is none of a GPU's.</returns>
    public SharedPages? FindPages(string process, int descriptor)
    {
        lock (gate)
        {
            if (SharedPages.NameOf(process, descriptor) is not { } name) return null;
            if (pages.TryGetValue(name, out var found) && found.TryKeep()) return found;

            var opened = SharedPages.TryOpen(process, descriptor, ended =>
            {
                lock (gate) pages.Remove(ended.Name);
            });
            if (opened is null) return null;
            // What other processes write is not known here.
            opened.Track(isTracked: false, marksThreads, notesCopies);
            return pages[name] = opened;
        }
    }

    /// <summary>Makes mapped memory known to kernels.</summary>
    public void Add(Allocation made)
    {
        lock (gate)
        {
            var at = IndexBehind(sorted, made.Start);
            var grown = new Allocation[sorted.Length + 1];
            Array.Copy(sorted, grown, at);
            grown[at] = made;
            Array.Copy(sorted, at, grown, at + 1, sorted.Length - at);
            Volatile.Write(ref sorted, grown);
        }
    }

    /// <summary>Forgets mapped memory at once, which its addresses may outlive.</summary>
    public void Remove(Allocation mapped)
    {
        mapped.IsFreed = true;
        lock (gate) Volatile.Write(ref sorted, [.. sorted.Where(one => one != mapped)]);
    }

    private Allocation? TryAllocateShared(ulong bytes, int gpu, nint context)
    {
        if (TryMakePages(bytes, gpu, () => { }) is not { } made) return null;
        if (SharedPages.Reserve(bytes) is var address && address != 0 && made.TryMapAt(address))
        {
            // What nobody wrote is not zero by luck.
            if (tracksWrites) Fill(address, bytes);
            return Allocation.Of(made, address, context, null);
        }

        if (address != 0) SharedPages.Free(address, bytes);
        made.Release();
        return null;
    }

    private static unsafe void Fill(ulong address, ulong bytes) => System.Runtime.InteropServices.NativeMemory.Fill((void*)address, (nuint)bytes, 0xA5);

    /// <summary>Frees an allocation.</summary>
    /// <returns>Whether a live allocation of that kind starts at the address.</returns>
    public bool Free(ulong start, AllocationKind kind)
    {
        lock (gate)
        {
            if (Find(start) is not { IsFreed: false } found || found.Start != start || found.Kind != kind || found.MappedFor is not null) return false;
            found.IsFreed = true;
            // A peer that still maps it uses memory that is gone.
            if (found.Pages is { } shared)
            {
                shared.IsFreed = true;
                foreach (var other in sorted) other.IsFreed |= other.Pages == shared;
            }

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
