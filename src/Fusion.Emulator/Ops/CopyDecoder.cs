using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes asynchronous copies, which the emulator does at once, and the barriers in shared memory that count them.</summary>
internal static class CopyDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var ptx = o.Ptx;
        if (ptx.Modifiers is not ["async", ..] || ptx.Has("tensor") || ptx.Has("reduce")) return null;
        if (ptx.Has("commit_group") || ptx.Has("wait_group") || ptx.Has("wait_all")) return new Nothing();
        if (ptx.Has("bulk")) return Bulk(o);
        if (ptx.Has("mbarrier")) return new BarrierOp(BarrierAction.Arrive, -1, Place(o, 0), o.Immediate(1, 4), -1, addsPending: !ptx.Has("noinc"));
        // A predicate as last operand is another form of a source of no bytes.
        if (ptx.Modifiers is not ["async", "ca" or "cg", ..] || o.Count < 3 || (o.Count > 3 && o.TypeOf(o[3]) == Pred)) return null;
        return new CopyToShared(
            MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), (int)o.Constant(2), o.Count > 3 && !ptx.Has("L2::cache_hint") ? o.From(3, U32) : -1);
    }

    public static Instruction? Barrier(Operands o)
    {
        var ptx = o.Ptx;
        var action = ptx.Modifiers[0];
        var hasState = action is "arrive" or "arrive_drop" or "test_wait" or "try_wait" or "pending_count" && o[0].Kind != OperandKind.Address;
        var to = hasState ? o.To(0) : -1;
        var at = hasState ? 1 : 0;
        var one = o.Immediate(1, 4);
        return action switch
        {
            "init" => new BarrierOp(BarrierAction.Init, -1, Place(o, 0), o.From(1, U32), -1),
            "inval" => new BarrierOp(BarrierAction.Inval, -1, Place(o, 0), one, -1),
            "expect_tx" => new BarrierOp(BarrierAction.Expect, -1, Place(o, 0), one, o.From(1, U32)),
            "complete_tx" => new BarrierOp(BarrierAction.Complete, -1, Place(o, 0), one, o.From(1, U32)),
            "arrive" when ptx.Has("expect_tx") => new BarrierOp(BarrierAction.Arrive, to, Place(o, at), one, o.From(at + 1, U32)),
            "arrive" => new BarrierOp(BarrierAction.Arrive, to, Place(o, at), o.Count > at + 1 ? o.From(at + 1, U32) : one, -1),
            "arrive_drop" when !ptx.Has("expect_tx") => new BarrierOp(
                BarrierAction.Drop, to, Place(o, at), o.Count > at + 1 ? o.From(at + 1, U32) : one, -1),
            "test_wait" or "try_wait" => new BarrierOp(
                ptx.Has("parity") ? BarrierAction.WaitParity : BarrierAction.WaitState, to, Place(o, 1), o.From(2, ptx.Has("parity") ? U32 : B64), -1),
            _ => null,
        };
    }

    private static Instruction? Bulk(Operands o)
    {
        var ptx = o.Ptx;
        if (ptx.Modifiers is ["async", "bulk", "global", "shared::cta", "bulk_group", ..])
            return new BulkCopy(MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), o.From(2, U32), null, toGlobal: true);
        return ptx.Modifiers is ["async", "bulk", "shared::cluster" or "shared::cta", "global", "mbarrier::complete_tx::bytes"]
            ? new BulkCopy(MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), o.From(2, U32), Place(o, 3), toGlobal: false) : null;
    }

    private static BarrierPlace Place(Operands o, int index) => new(
        MemoryDecoder.AddressOf(o, index), !o.Ptx.Modifiers.Any(word => word.StartsWith("shared", StringComparison.Ordinal)) && !o.Ptx.Has("bulk"));
}

/// <summary>Place of a barrier in shared memory.</summary>
internal readonly unsafe struct BarrierPlace(AddressOperand address, bool isGeneric)
{
    public ulong* Find(Warp warp, int lane) => (ulong*)(isGeneric
        ? warp.Generic(address.Of(warp, lane), 8, lane, Access.AtomicWrite)
        : warp.SharedMemory(address.Of(warp, lane), 8, lane, Access.AtomicWrite));
}

internal enum BarrierAction
{
    Init, Inval, Expect, Complete, Arrive, Drop, WaitState, WaitParity,
}

/// <summary>Operations of a barrier in shared memory. Its 8 bytes have, from the lowest bit, 20 bits of arrivals that the phase
/// still waits for, 20 bits of those that each phase waits for, 22 bits of bytes that are to come, and the phase.</summary>
internal sealed unsafe class BarrierOp(BarrierAction action, int to, BarrierPlace place, int operand, int bytes, bool addsPending = false) : Instruction
{
    private const ulong CountMask = (1UL << 20) - 1;
    private const ulong BytesMask = (1UL << 22) - 1;
    private const ulong Phase = 1UL << 63;

    public override void Run(Warp warp, uint mask)
    {
        var isDone = 0u;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            var barrier = place.Find(warp, i);
            var count = ((uint*)(warp.Registers + operand))[action == BarrierAction.WaitState ? i * 2 : i];
            if (action is BarrierAction.WaitState or BarrierAction.WaitParity)
            {
                var old = action == BarrierAction.WaitState ? ((ulong*)(warp.Registers + operand))[i] >> 63 : count & 1;
                if (*barrier >> 63 != old) isDone |= 1u << i;
                continue;
            }

            var before = *barrier;
            switch (action)
            {
                case BarrierAction.Init:
                    *barrier = count | ((ulong)count << 20);
                    break;
                case BarrierAction.Inval:
                    *barrier = 0;
                    break;
                default:
                    if (bytes >= 0) AddBytes(barrier, action == BarrierAction.Complete ? -(long)Bytes(warp, i) : Bytes(warp, i));
                    if (addsPending) *barrier += 1;
                    if (action == BarrierAction.Drop) *barrier -= (ulong)count << 20;
                    if (action is BarrierAction.Arrive or BarrierAction.Drop)
                    {
                        if ((*barrier & CountMask) < count) throw new KernelFaultException(
                            FaultKind.IllegalInstruction, "more threads arrive at a barrier in shared memory than it was made for", i);
                        *barrier -= count;
                    }

                    Check(warp, barrier);
                    break;
            }

            if (to >= 0) ((ulong*)(warp.Registers + to))[i] = before;
        }

        if (action is not (BarrierAction.WaitState or BarrierAction.WaitParity)) return;
        Predicates.Set(warp, to, mask, isDone);
        if (isDone != mask) warp.Yield(again: false);
    }

    /// <summary>Notes that bytes have come.</summary>
    public static void Come(Warp warp, ulong* barrier, uint count)
    {
        AddBytes(barrier, -(long)count);
        Check(warp, barrier);
    }

    private uint Bytes(Warp warp, int lane) => ((uint*)(warp.Registers + bytes))[lane];

    private static void AddBytes(ulong* barrier, long count) =>
        *barrier = (*barrier & ~(BytesMask << 40)) | ((((*barrier >> 40) + (ulong)count) & BytesMask) << 40);

    private static void Check(Warp warp, ulong* barrier)
    {
        if ((*barrier & CountMask) != 0 || (*barrier >> 40 & BytesMask) != 0) return;
        var expected = *barrier >> 20 & CountMask;
        *barrier = ((*barrier ^ Phase) & Phase) | (expected << 20) | expected;
        foreach (var block in warp.Block.Cluster.Blocks)
        {
            block.Epoch++;
            block.Communicate();
        }
    }
}

/// <summary>Copies a run of bytes between global and shared memory.</summary>
internal sealed unsafe class BulkCopy(AddressOperand to, AddressOperand from, int bytes, BarrierPlace? barrier, bool toGlobal) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var count = ((uint*)(warp.Registers + bytes))[i];
            if (count % 16 != 0) throw new KernelFaultException(FaultKind.IllegalInstruction, $"a bulk copy of {count} bytes, which is no multiple of 16", i);
            for (var at = 0u; at < count; at += 16)
            {
                var (target, source) = (to.Of(warp, i) + at, from.Of(warp, i) + at);
                var read = toGlobal ? warp.SharedMemory(source, 16, i, Access.Read) : warp.Global(source, 16, i, Access.Read);
                var written = toGlobal ? warp.Global(target, 16, i, Access.Write) : warp.SharedMemory(target, 16, i, Access.Write);
                *(UInt128*)written = *(UInt128*)read;
            }

            if (barrier is { } place) BarrierOp.Come(warp, place.Find(warp, i), count);
        }
    }
}
