using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Starts copies of up to 16 bytes from global to shared memory, with zeros behind those of the source.</summary>
internal sealed unsafe class CopyToShared(AddressOperand to, AddressOperand from, int bytes, int sourceBytes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var (block, offset) = warp.FindShared(to.Of(warp, i), bytes, i);
            block.Checks?.BeginWrite(offset, bytes, warp, i);
            warp.StartCopy(new(CopyKind.ToShared, i)
            {
                Block = block,
                Offset = offset,
                Address = from.Of(warp, i),
                Bytes = bytes,
                SourceBytes = sourceBytes < 0 ? bytes : (int)Math.Min((uint)bytes, ((uint*)(warp.Registers + sourceBytes))[i]),
            });
        }
    }
}

/// <summary>Starts copies of a run of bytes between global and shared memory.</summary>
internal sealed unsafe class BulkCopy(CopyKind kind, AddressOperand to, AddressOperand from, int bytes, BarrierPlace? barrier) : Instruction
{
    public bool IsFromShared { get; init; }

    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var count = ((uint*)(warp.Registers + bytes))[i];
            if (count % 16 != 0) throw new KernelFaultException(FaultKind.IllegalInstruction, $"a bulk copy of {count} bytes, which is no multiple of 16", i);
            if (count == 0) continue;
            var (shared, other) = kind == CopyKind.BulkToGlobal ? (from.Of(warp, i), to.Of(warp, i)) : (to.Of(warp, i), from.Of(warp, i));
            if ((other & 15) != 0) throw new KernelFaultException(FaultKind.Misaligned, "a bulk copy is not aligned to 16 bytes", i, other);
            var (block, offset) = warp.FindShared(shared, 16, i);
            if (count > block.SharedBytes - offset) throw warp.OutOfShared(shared, (int)Math.Min(count, int.MaxValue), i);
            if (kind == CopyKind.BulkToGlobal) block.Checks?.BeginRead(offset, (int)count, warp, i);
            else block.Checks?.BeginWrite(offset, (int)count, warp, i);
            warp.StartCopy(new(kind, i)
            {
                Block = block,
                Offset = offset,
                Address = other,
                IsFromShared = IsFromShared,
                Bytes = (int)count,
                Barrier = barrier is { } place ? place.Find(warp, i) : null,
            });
        }
    }
}

/// <summary>Lets a barrier in shared memory count a thread when its copies so far are complete.</summary>
internal sealed unsafe class ArriveAfterCopies(BarrierPlace place, bool addsPending) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var barrier = place.Find(warp, i);
            if (addsPending) *barrier += 1;
            warp.StartCopy(new(CopyKind.Arrival, i) { Barrier = barrier });
        }
    }
}

/// <summary>Makes a group of the copies that threads have started.</summary>
internal sealed class CommitCopies(bool isBulk) : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Copies.Commit(mask, isBulk);
}

/// <summary>Waits for copies that the threads themselves have started.</summary>
internal sealed class WaitForCopies(int left, bool isBulk, bool onlyRead) : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Copies.Wait(mask, left, isBulk, onlyRead);
}
