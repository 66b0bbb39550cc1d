using System.Runtime.CompilerServices;

namespace Fusion.Emulation.Machine;

/// <content>Uses of device memory by threads that nothing orders.</content>
internal sealed unsafe partial class Warp
{
    // A write that is a race if it changes something, which is known when it is done.
    private KernelFaultException? suspect;
    private ulong suspectAddress;
    private int suspectBytes;
    private UInt128 suspectValue;

    // What every access asks for.
    private readonly LaunchOrder? order;
    private readonly Work? work;
    private readonly int launch;
    private readonly int blockNumber;
    private readonly bool hasOtherWorkers;
    private readonly bool findsRaces;

    // Copies that nothing orders with the launch, of those that use the memory that was used last.
    private CopyUse[] copiesOfLast = [];
    private CopyUse[] copiesInTheWay = [];

    /// <summary>Throws if the last write was a race and changed what another thread wrote or read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ConfirmRace()
    {
        if (suspect is not null) Confirm();
    }

    private void NoteThread(MemoryMarks marks, ulong address, ulong offset, int bytes, int lane, Access access)
    {
        ConfirmRace();
        if (access is Access.Atomic or Access.AtomicWrite) return;
        if (work is not null)
        {
            if (marks.Copies.All is var all && all != copiesOfLast) (copiesOfLast, copiesInTheWay) = (all, CopyUses.UnorderedWith(work, all));
            if (copiesInTheWay.Length > 0) CompareWithCopies(address, offset, bytes, lane, access);
        }

        var own = new MemoryUse
        {
            At = order?.Now ?? 0,
            Launch = launch,
            Block = blockNumber,
            Epoch = Block.Epoch,
            Sync = SyncCount,
            Pc = Pc - 1,
            Thread = (short)((Index * 32) + lane),
            Bytes = bytes >= MemoryMarks.Word ? MemoryMarks.AllBytes : (byte)(((1 << bytes) - 1) << (int)(offset % MemoryMarks.Word)),
        };
        // An access is aligned to its size, so all of it is in one page.
        var word = offset / MemoryMarks.Word;
        var page = marks.PageOf(word);
        var first = MemoryMarks.IndexOf(word);
        KernelFaultException? found = null;
        if (hasOtherWorkers) page.Enter();
        var used = page.Marks.AsSpan(first, Math.Max(1, bytes / MemoryMarks.Word));
        for (var i = 0; i < used.Length; i++) found ??= NoteWord(ref used[i], own, address, bytes, lane, access);
        if (hasOtherWorkers) page.Exit();
        if (found is not null) throw found;
    }

    private KernelFaultException? NoteWord(ref MemoryMark mark, in MemoryUse own, ulong address, int bytes, int lane, Access access)
    {
        var isWritten = mark.Write.Launch == own.Launch && (mark.Write.Bytes & own.Bytes) != 0;
        if (access == Access.Write)
        {
            if (mark.ReadOnlyLaunch == own.Launch && (mark.ReadOnlyBytes & own.Bytes) != 0 && FindsReadOnlyWrites)
                return ReadOnlyWritten("writes", "reads", "", bytes, lane, address);
            if (isWritten && IsUnordered(mark.Write, own)) Suspect("wrote", mark.Write, address, bytes, lane);
            else if (mark.Read.Launch == own.Launch && (mark.Read.Bytes & own.Bytes) != 0 && IsUnordered(mark.Read, own))
                Suspect("read", mark.Read, address, bytes, lane);
            mark.Write = own;
            return null;
        }

        if (access == Access.ReadOnly)
        {
            if (isWritten && FindsReadOnlyWrites) return ReadOnlyWritten("reads", "wrote", $" in {Block.Grid.Describe(mark.Write.Pc)}", bytes, lane, address);
            mark.ReadOnlyBytes = (byte)(own.Bytes | (mark.ReadOnlyLaunch == own.Launch ? mark.ReadOnlyBytes : 0));
            mark.ReadOnlyLaunch = own.Launch;
        }

        if (isWritten && IsUnordered(mark.Write, own)) return Race("reads", "wrote", mark.Write, address, bytes, lane);
        mark.Read = own;
        return null;
    }

    private bool FindsReadOnlyWrites => (Gpu.Machine.Options.Checks & KernelChecks.ReadOnlyData) != 0;

    private bool IsUnordered(in MemoryUse other, in MemoryUse own)
    {
        // The commonest case first.
        if (other.Thread == own.Thread && other.Block == own.Block) return false;
        if (order is null || !findsRaces) return false;
        if (other.Block != own.Block) return !(order.HasCommunicated(other.Block, other.At) && order.HasCommunicated(own.Block, other.At));
        if (other.Epoch != own.Epoch || order.HasCommunicated(own.Block, other.At)) return false;
        return other.Thread >> 5 != own.Thread >> 5 || other.Sync == own.Sync;
    }

    private void Suspect(string did, in MemoryUse other, ulong address, int bytes, int lane)
    {
        if (suspect is not null) return;
        suspect = Race("writes", did, other, address, bytes, lane);
        (suspectAddress, suspectBytes, suspectValue) = (address, bytes, ValueAt(address, bytes));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Confirm()
    {
        var found = suspect!;
        suspect = null;
        if (ValueAt(suspectAddress, suspectBytes) != suspectValue) throw found;
    }

    private static UInt128 ValueAt(ulong address, int bytes)
    {
        UInt128 value = 0;
        Buffer.MemoryCopy((void*)address, &value, 16, bytes);
        return value;
    }

    private void CompareWithCopies(ulong address, ulong offset, int bytes, int lane, Access access)
    {
        // A block that has met others may have learned that the copy has ended.
        if (order?.HasCommunicated(blockNumber, 0) == true) return;
        foreach (var copy in copiesInTheWay)
            if (copy.Meets(offset, (ulong)bytes, access == Access.Write)) throw Unsynchronized(copy, address, bytes, lane, access);
    }

    private static KernelFaultException Unsynchronized(CopyUse copy, ulong address, int bytes, int lane, Access access) => new(
        FaultKind.MissingSynchronization,
        $"it {(access == Access.Write ? "writes" : "reads")} {bytes} bytes of device memory that {copy.What} {(copy.IsWrite ? "writes" : "reads")} in another " +
        $"stream, {CopyChecks.WhatIsMissing("the kernel")}", lane, address);

    private KernelFaultException Race(string does, string did, in MemoryUse other, ulong address, int bytes, int lane)
    {
        var shape = Block.Grid.GridShape;
        var block = (X: other.Block % shape.X, Y: other.Block / shape.X % shape.Y, Z: other.Block / shape.X / shape.Y);
        return new(
            FaultKind.GlobalMemoryRace,
            $"a race: it {does} {bytes} bytes of device memory that the thread number {other.Thread} of block ({block.X}, {block.Y}, {block.Z}) {did} in " +
            $"{Block.Grid.Describe(other.Pc)}, and nothing orders the two", lane, address);
    }

    private static KernelFaultException ReadOnlyWritten(string does, string other, string where, int bytes, int lane, ulong address) => new(
        FaultKind.ReadOnlyDataWritten,
        $"it {does} {bytes} bytes of device memory that the launch {other}{where}: data that is read by ld.global.nc (__ldg, const __restrict__) must not " +
        "change while the kernel runs", lane, address);
}
