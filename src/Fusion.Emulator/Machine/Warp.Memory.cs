using System.Runtime.CompilerServices;

namespace Fusion.Emulation.Machine;

/// <summary>What an access does.</summary>
internal enum Access
{
    Read, Write,

    /// <summary>A read of data that does not change while the kernel runs.</summary>
    ReadOnly,

    /// <summary>A read, or a read and a write, that races with nothing.</summary>
    Atomic,

    /// <summary>A write that races with nothing.</summary>
    AtomicWrite,
}

/// <content>Memory as a lane addresses it.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>Bits of a generic address that tell the space; global addresses have none of them.</summary>
    public const int TagShift = 56;

    /// <summary>Tag of a generic address of shared memory.</summary>
    public const ulong SharedTag = 1UL << TagShift;

    /// <summary>Tag of a generic address of local memory.</summary>
    public const ulong LocalTag = 2UL << TagShift;

    /// <summary>Tag of a generic address of the kernel's parameters.</summary>
    public const ulong ParameterTag = 3UL << TagShift;

    /// <summary>Bits of an address of shared memory above which stands the block's place in the cluster, counted from 1; 0 is
    /// the thread's own block.</summary>
    public const int RankShift = 24;

    private Allocation last = Allocation.None;
    private bool lastIsLate;
    private PendingCopies? copies;
    private PendingProducts? products;
    private CallStack? calls;

    /// <summary>Stores that have not arrived; null where they arrive at once.</summary>
    public PeerStores? Late { get; private set; }

    /// <summary>Asynchronous copies of the lanes.</summary>
    public PendingCopies Copies => copies ??= new(this);

    /// <summary>Products of matrices that the warp has not waited for.</summary>
    public PendingProducts Products => products ??= new(this);

    /// <summary>Starts an asynchronous copy.</summary>
    public void StartCopy(PendingCopy copy)
    {
        Block.HasCopies = true;
        Copies.Add(copy);
    }

    /// <summary>Lets asynchronous copies go on, if there are any.</summary>
    public void AdvanceCopies() => copies?.Advance(Gpu.Machine.Random);

    /// <summary>Ends asynchronous copies, behind the end of the block's threads.</summary>
    public void EndCopies() => copies?.End();

    /// <summary>Finds the bytes of global memory that a lane uses, and checks the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Global(ulong address, int bytes, int lane, Access access)
    {
        var allocation = last;
        var offset = address - allocation.Start;
        if (offset >= allocation.Bytes || offset + (ulong)bytes > allocation.Bytes || allocation.IsFreed)
        {
            allocation = FindAllocation(address, bytes, lane, access);
            offset = address - allocation.Start;
        }

        if ((address & (ulong)(bytes - 1)) != 0) throw Misaligned(address, bytes, lane);
        if (access >= Access.Atomic) Block.Communicate();
        if (lastIsLate)
        {
            if (access is Access.Write or Access.AtomicWrite) return Late!.Add(address, bytes);
            // What the block itself wrote is seen by its reads.
            Block.DeliverAll();
        }

        if (allocation.Written != null) Note(allocation.Written + offset, bytes, access == Access.AtomicWrite ? Access.Write : access, address, lane);
        if (allocation.Marks is { } marks) NoteThread(marks, address, offset, bytes, lane, access);
        return (byte*)address;
    }

    public byte* SharedMemory(ulong address, int bytes, int lane, Access access)
    {
        var (block, offset) = FindShared(address, bytes, lane);
        if (access >= Access.Atomic) Block.Communicate();
        block.Checks?.Note(offset, bytes, this, lane, access);
        return block.Shared + offset;
    }

    /// <summary>Finds the block whose shared memory an address is in, and the offset there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (Block Block, int Offset) FindShared(ulong address, int bytes, int lane)
    {
        var block = Block;
        if (address >> RankShift is var rank and not 0)
        {
            if (rank > (ulong)Block.Cluster.Blocks.Length) throw OutOfShared(address, bytes, lane);
            block = Block.Cluster.Blocks[rank - 1];
            address &= (1UL << RankShift) - 1;
            if (block.Live == 0) throw new KernelFaultException(
                FaultKind.UseAfterFree, "the shared memory is of a block of the cluster that has ended", lane, address);
        }

        if (address + (ulong)bytes > (ulong)block.SharedBytes) throw OutOfShared(address, bytes, lane);
        if ((address & (ulong)(bytes - 1)) != 0) throw Misaligned(address, bytes, lane);
        return (block, (int)address);
    }

    public byte* LocalMemory(ulong address, int bytes, int lane)
    {
        if (address + (ulong)bytes > (ulong)LocalBytes) throw new KernelFaultException(
            FaultKind.OutOfBounds, $"an access of {bytes} bytes is outside the {LocalBytes} bytes of the thread's local memory", lane, address);
        if ((address & (ulong)(bytes - 1)) != 0) throw Misaligned(address, bytes, lane);
        return Local + (lane * ((LocalBytes + 15) / 16 * 16)) + address;
    }

    /// <summary>Local memory of a lane.</summary>
    public byte* LocalOf(int lane) => Local + (lane * ((LocalBytes + 15) / 16 * 16));

    /// <summary>Calls that lanes have not come back from.</summary>
    public CallStack Calls => calls ??= new(Block.Grid.Code.Flat.StackStart);

    public byte* Parameter(ulong address, int bytes, int lane)
    {
        if ((address >> TagShift) == LocalTag >> TagShift) return LocalMemory(address & ~(0xFFUL << TagShift), bytes, lane);
        address &= ~(0xFFUL << TagShift);
        if (address + (ulong)bytes > (ulong)Block.Grid.Code.Flat.ParameterBytes) throw new KernelFaultException(
            FaultKind.OutOfBounds, $"a read of {bytes} bytes is outside the kernel's parameters", lane, address);
        return Block.Grid.Parameters + address;
    }

    public byte* Generic(ulong address, int bytes, int lane, Access access) => (address >> TagShift) switch
    {
        1 => SharedMemory(address & ~(0xFFUL << TagShift), bytes, lane, access),
        2 => LocalMemory(address & ~(0xFFUL << TagShift), bytes, lane),
        3 => Parameter(address, bytes, lane),
        _ => Global(address, bytes, lane, access),
    };

    private static void Note(byte* written, int bytes, Access access, ulong address, int lane)
    {
        var isWritten = true;
        switch (bytes)
        {
            case 4 when access == Access.Write:
                *(uint*)written = uint.MaxValue;
                return;
            case 4:
                isWritten = *(uint*)written == uint.MaxValue;
                break;
            case 8 when access == Access.Write:
                *(ulong*)written = ulong.MaxValue;
                return;
            case 8:
                isWritten = *(ulong*)written == ulong.MaxValue;
                break;
            case 16 when access == Access.Write:
                (*(ulong*)written, *(ulong*)(written + 8)) = (ulong.MaxValue, ulong.MaxValue);
                return;
            case 16:
                isWritten = (*(ulong*)written & *(ulong*)(written + 8)) == ulong.MaxValue;
                break;
            default:
                for (var i = 0; i < bytes; i++)
                {
                    if (access == Access.Write) written[i] = 0xFF;
                    isWritten &= written[i] == 0xFF;
                }

                break;
        }

        if (!isWritten) throw new KernelFaultException(
            FaultKind.UninitializedRead, $"it reads {bytes} bytes of device memory of which some were never written", lane, address);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Allocation FindAllocation(ulong address, int bytes, int lane, Access access)
    {
        var word = access is Access.Read or Access.ReadOnly ? "a read" : access is Access.Write or Access.AtomicWrite ? "a write" : "an atomic operation";
        var found = Gpu.Machine.Memory.Find(address);
        if (found is null || !found.Holds(address, (ulong)bytes))
        {
            if ((address & (ulong)(bytes - 1)) != 0) throw Misaligned(address, bytes, lane);
            var near = found ?? Gpu.Machine.Memory.Nearest(address);
            throw new KernelFaultException(
                FaultKind.OutOfBounds, $"{word} of {bytes} bytes is outside all memory{(address < 1 << 16 ? ": the pointer is null" : Distance(near, address))}",
                lane, address);
        }

        if (found.IsFreed) throw new KernelFaultException(
            FaultKind.UseAfterFree, $"{word} of {bytes} bytes is in {found}, which has been freed", lane, address);
        if (!Gpu.MayUse(found)) throw new KernelFaultException(
            FaultKind.OutOfBounds, $"{word} of {bytes} bytes is in {found}, to which GPU {Gpu.Ordinal} has no peer access", lane, address);
        lastIsLate = Gpu.Machine.Random is not null && found.Kind == AllocationKind.Device && found.Gpu != Gpu.Ordinal;
        if (lastIsLate) Late ??= new(Gpu.Machine.Memory, Gpu.Machine.Random!);
        return last = found;
    }

    private static string Distance(Allocation? near, ulong address)
    {
        if (near is null) return "";
        var (distance, side) = address < near.Start ? (near.Start - address, "before") : (address - near.Start - near.Bytes, "behind the end of");
        return distance > 1 << 20 ? "" : $", {distance} bytes {side} {near}{(near.IsFreed ? ", which has been freed" : "")}";
    }

    public KernelFaultException OutOfShared(ulong address, int bytes, int lane) => new(
        FaultKind.OutOfBounds, $"an access of {bytes} bytes is outside the {Block.SharedBytes} bytes of the block's shared memory", lane, address);

    private static KernelFaultException Misaligned(ulong address, int bytes, int lane) => new(
        FaultKind.Misaligned, $"an access of {bytes} bytes is not aligned to its size", lane, address);
}
