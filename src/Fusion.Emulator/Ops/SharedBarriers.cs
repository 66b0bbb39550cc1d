using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

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
internal sealed unsafe class BarrierOp(BarrierAction action, int to, BarrierPlace place, int operand, int bytes) : Instruction
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
                    if (action == BarrierAction.Drop) *barrier -= (ulong)count << 20;
                    if (action is BarrierAction.Arrive or BarrierAction.Drop) Arrive(warp, barrier, count, i);
                    else Check(warp, barrier);
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

    /// <summary>Notes that threads have come.</summary>
    public static void Arrive(Warp warp, ulong* barrier, uint count, int lane)
    {
        if ((*barrier & CountMask) < count) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "more threads arrive at a barrier in shared memory than it was made for", lane);
        *barrier -= count;
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
