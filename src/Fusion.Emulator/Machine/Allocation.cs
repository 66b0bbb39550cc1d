using System.Runtime.InteropServices;

namespace Fusion.Emulation.Machine;

/// <summary>What memory is for.</summary>
internal enum AllocationKind
{
    Device, Host, Module,
}

/// <summary>Memory that kernels may address: its addresses are those of the process.</summary>
internal sealed unsafe class Allocation
{
    // Space before and behind, so that an access past the end is in no allocation.
    private const int RedZone = 1024;

    /// <summary>An allocation that holds no address.</summary>
    public static readonly Allocation None = new(null, 0, 0, null, -1, AllocationKind.Host);

    private readonly byte* memory;

    private Allocation(byte* memory, ulong start, ulong bytes, byte* written, int gpu, AllocationKind kind)
    {
        this.memory = memory;
        Start = start;
        Bytes = bytes;
        Written = written;
        Gpu = gpu;
        Kind = kind;
    }

    public ulong Start { get; }

    public ulong Bytes { get; }

    /// <summary>For each byte 0xFF if somebody wrote it and 0 if not; null where nobody asks.</summary>
    public byte* Written { get; private set; }

    /// <summary>What is known of the threads that used the memory last; null where nobody asks.</summary>
    public MemoryMarks? Marks { get; init; }

    /// <summary>Copies that use the memory; null where nobody asks.</summary>
    public CopyUses? Copies { get; init; }

    /// <summary>Ordinal of the GPU that has the memory; of the host's memory, the GPU that was current.</summary>
    public int Gpu { get; }

    public AllocationKind Kind { get; }

    public bool IsFreed { get; set; }

    /// <summary>What the memory shares with other mappings; null where it has its addresses for itself.</summary>
    public SharedPages? Pages { get; private init; }

    /// <summary>Ordinals of the GPUs for which memory was mapped; null for memory that was allocated, which a GPU and its peers may
    /// use.</summary>
    public HashSet<int>? MappedFor { get; private init; }

    /// <summary>Context that made it.</summary>
    public nint Context { get; init; }

    public static Allocation Make(ulong bytes, int gpu, AllocationKind kind, bool isTracked, nint context = 0, bool isMarked = false, bool notesCopies = false)
    {
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + (2 * RedZone), RedZone);
        var written = isTracked ? (byte*)NativeMemory.AllocZeroed((nuint)bytes + 16) : null;
        var start = memory + RedZone;
        // What nobody wrote is not zero by luck.
        if (isTracked) NativeMemory.Fill(start, (nuint)bytes, 0xA5);
        var copies = isMarked || notesCopies ? new CopyUses() : null;
        return new(memory, (ulong)start, bytes, written, gpu, kind)
        {
            Context = context,
            Marks = isMarked ? new(bytes) { Copies = copies! } : null,
            Copies = copies,
        };
    }

    /// <summary>Makes an allocation of pages that are mapped at its address.</summary>
    public static Allocation Of(SharedPages pages, ulong address, nint context, HashSet<int>? mappedFor) =>
        new(null, address, pages.Bytes, pages.Written, pages.Gpu, AllocationKind.Device)
        {
            Pages = pages,
            MappedFor = mappedFor,
            Context = context,
            Marks = pages.Marks,
            Copies = pages.Copies,
        };

    /// <summary>Notes that bytes have been written from outside a kernel.</summary>
    public void MarkWritten(ulong address, ulong bytes)
    {
        if (Written is not null) NativeMemory.Fill(Written + (address - Start), (nuint)bytes, 0xFF);
    }

    public bool Holds(ulong address, ulong bytes) => address - Start <= Bytes && address - Start + bytes <= Bytes;

    /// <summary>Gives the memory back to the process.</summary>
    public void Release()
    {
        if (Pages is not null)
        {
            // The pages own what is known of their bytes.
            Written = null;
            SharedPages.Free(Start, Bytes);
            Pages.Release();
            return;
        }

        NativeMemory.AlignedFree(memory);
        NativeMemory.Free(Written);
        Written = null;
    }

    public override string ToString() => Kind switch
    {
        AllocationKind.Device => $"the allocation of {Bytes} bytes at 0x{Start:x} on GPU {Gpu}",
        AllocationKind.Module => $"the variable of {Bytes} bytes at 0x{Start:x} on GPU {Gpu}",
        _ => $"the {Bytes} bytes of host memory at 0x{Start:x}",
    };
}
