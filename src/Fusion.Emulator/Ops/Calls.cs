using System.Numerics;
using System.Runtime.CompilerServices;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>A function that is called, ready to run.</summary>
/// <param name="Pointer">Pointer to it; 0 where none is needed.</param>
/// <param name="Entry">Number of its first instruction.</param>
/// <param name="Registers">Places of its registers.</param>
/// <param name="BaseSlot">Slot of the offset of its frame in local memory.</param>
/// <param name="FrameBytes">Size of the frame.</param>
/// <param name="Parameters">Offsets of the parameters in the frame, and their sizes.</param>
/// <param name="Results">Offsets of the results in the frame, and their sizes.</param>
internal sealed record Callee(
    ulong Pointer, int Entry, (int Slot, PtxType Type)[] Registers, int BaseSlot, int FrameBytes, (int Offset, int Bytes)[] Parameters,
    (int Offset, int Bytes)[] Results);

/// <summary>Calls a function. Its registers are saved, since a call of it may be under way, and it gets a frame of its own in local memory.</summary>
internal sealed unsafe class CallFunction(Callee[] callees, int pointer, int returnTo, AddressOperand[] arguments, AddressOperand[] results) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        while (mask != 0)
        {
            var first = BitOperations.TrailingZeroCount(mask);
            var callee = Find(warp, first);
            var same = 0u;
            for (var left = mask; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                if (Find(warp, lane) != callee) continue;
                same |= 1u << lane;
                Enter(warp, lane, callee);
            }

            mask &= ~same;
            warp.Jump(callee.Entry, same);
        }
    }

    /// <summary>Comes back to the caller, which gets the results.</summary>
    public void Leave(Warp warp, int lane, CallFrame frame, int start)
    {
        var local = warp.LocalOf(lane);
        var values = new byte[frame.Callee.Results.Sum(one => one.Bytes)];
        var at = 0;
        foreach (var (offset, bytes) in frame.Callee.Results)
        {
            new ReadOnlySpan<byte>(local + start + offset, bytes).CopyTo(values.AsSpan(at));
            at += bytes;
        }

        Restore(warp, lane, frame);
        at = 0;
        for (var i = 0; i < results.Length; i++)
        {
            var bytes = frame.Callee.Results[i].Bytes;
            values.AsSpan(at, bytes).CopyTo(new(local + results[i].Of(warp, lane), bytes));
            at += bytes;
        }
    }

    private Callee Find(Warp warp, int lane)
    {
        if (pointer < 0) return callees[0];
        var address = ((ulong*)(warp.Registers + pointer))[lane];
        foreach (var callee in callees)
            if (callee.Pointer == address) return callee;
        throw new KernelFaultException(
            FaultKind.IllegalInstruction, "it calls through a pointer that points to no function with these parameters", lane, address);
    }

    private void Enter(Warp warp, int lane, Callee callee)
    {
        var values = new byte[arguments.Length][];
        for (var i = 0; i < arguments.Length; i++)
            values[i] = new ReadOnlySpan<byte>(warp.LocalOf(lane) + arguments[i].Of(warp, lane), callee.Parameters[i].Bytes).ToArray();
        var start = warp.Calls.Push(lane, new(returnTo, this, callee, Save(warp, lane, callee)), warp.LocalBytes);
        if (start < 0) throw new KernelFaultException(
            FaultKind.OutOfBounds, $"the stack of {FlatCode.StackBytes} bytes is full after {warp.Calls.Depth(lane)} calls in one another", lane);
        ((ulong*)(warp.Registers + callee.BaseSlot))[lane] = (ulong)start;
        for (var i = 0; i < values.Length; i++) values[i].CopyTo(new Span<byte>(warp.LocalOf(lane) + start + callee.Parameters[i].Offset, values[i].Length));
    }

    private static byte[] Save(Warp warp, int lane, Callee callee)
    {
        var saved = new byte[8 + callee.Registers.Sum(one => RegisterSlots.BytesOf(one.Type) / (one.Type == PtxType.Pred ? 8 : 32))];
        Unsafe.WriteUnaligned(ref saved[0], ((ulong*)(warp.Registers + callee.BaseSlot))[lane]);
        var at = 8;
        foreach (var (slot, type) in callee.Registers)
        {
            var register = warp.Registers + slot;
            if (type == PtxType.Pred)
            {
                saved[at++] = (byte)(*(uint*)register >> lane & 1);
                continue;
            }

            var bytes = RegisterSlots.BytesOf(type) / 32;
            new ReadOnlySpan<byte>(register + (lane * bytes), bytes).CopyTo(saved.AsSpan(at));
            at += bytes;
        }

        return saved;
    }

    private static void Restore(Warp warp, int lane, CallFrame frame)
    {
        ((ulong*)(warp.Registers + frame.Callee.BaseSlot))[lane] = Unsafe.ReadUnaligned<ulong>(ref frame.Saved[0]);
        var at = 8;
        foreach (var (slot, type) in frame.Callee.Registers)
        {
            if (type == PtxType.Pred)
            {
                Predicates.Set(warp, slot, 1u << lane, frame.Saved[at++] == 0 ? 0 : uint.MaxValue);
                continue;
            }

            var bytes = RegisterSlots.BytesOf(type) / 32;
            frame.Saved.AsSpan(at, bytes).CopyTo(new(warp.Registers + slot + (lane * bytes), bytes));
            at += bytes;
        }
    }
}

/// <summary>Comes back from a function.</summary>
internal sealed class ReturnFromFunction : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var targets = new Dictionary<int, uint>();
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            var start = warp.Calls.Top(lane);
            var frame = warp.Calls.Pop(lane);
            frame.Call.Leave(warp, lane, frame, start);
            targets[frame.ReturnTo] = targets.GetValueOrDefault(frame.ReturnTo) | (1u << lane);
        }

        foreach (var (target, lanes) in targets) warp.Jump(target, lanes);
    }
}

/// <summary>Gives the address of a variable of a function that is called.</summary>
internal sealed unsafe class AddressInFrame(int to, int baseSlot, ulong offset) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            ((ulong*)(warp.Registers + to))[lane] = ((ulong*)(warp.Registers + baseSlot))[lane] + offset;
        }
    }
}
