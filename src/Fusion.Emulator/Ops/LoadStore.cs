using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Loads one or several values in each lane. The register may be wider than the value, which is extended.</summary>
internal sealed unsafe class Load<T, TRegister, TSpace>(int[] to, AddressOperand address) : Instruction
    where T : unmanaged, IBinaryInteger<T>
    where TRegister : unmanaged, IBinaryInteger<TRegister>
    where TSpace : struct, ISpace
{
    private readonly int bytes = sizeof(T) * to.Length;

    public override void Run(Warp warp, uint mask)
    {
        var registers = warp.Registers;
        if (to.Length == 1 && to[0] >= 0)
        {
            var r = (TRegister*)(registers + to[0]);
            for (; mask != 0; mask &= mask - 1)
            {
                var i = BitOperations.TrailingZeroCount(mask);
                r[i] = TRegister.CreateTruncating(*(T*)TSpace.Find(warp, address.Of(warp, i), sizeof(T), i, Access.Read));
            }

            return;
        }

        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var from = (T*)TSpace.Find(warp, address.Of(warp, i), bytes, i, Access.Read);
            for (var part = 0; part < to.Length; part++)
                if (to[part] >= 0) ((TRegister*)(registers + to[part]))[i] = TRegister.CreateTruncating(from[part]);
        }
    }
}

/// <summary>Stores one or several values in each lane.</summary>
internal sealed unsafe class Store<T, TRegister, TSpace>(AddressOperand address, int[] values) : Instruction
    where T : unmanaged, IBinaryInteger<T>
    where TRegister : unmanaged, IBinaryInteger<TRegister>
    where TSpace : struct, ISpace
{
    private readonly int bytes = sizeof(T) * values.Length;

    public override void Run(Warp warp, uint mask)
    {
        var registers = warp.Registers;
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var to = (T*)TSpace.Find(warp, address.Of(warp, i), bytes, i, Access.Write);
            for (var part = 0; part < values.Length; part++)
                to[part] = T.CreateTruncating(((TRegister*)(registers + values[part]))[i]);
        }

        warp.ConfirmRace();
    }
}

/// <summary>Reads, changes and writes a value as one step in each lane, one lane after the other.</summary>
internal sealed unsafe class Atomic<T, TSpace>(int to, AddressOperand address, int operand, int second, Func<T, T, T, T> change) : Instruction
    where T : unmanaged, IBinaryInteger<T>
    where TSpace : struct, ISpace
{
    public override void Run(Warp warp, uint mask)
    {
        var x = (T*)(warp.Registers + operand);
        var y = (T*)(warp.Registers + second);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var place = (T*)TSpace.Find(warp, address.Of(warp, i), sizeof(T), i, Access.Atomic);
            T old, seen = *place;
            do
            {
                old = seen;
                seen = Interlocked.CompareExchange(ref *place, change(old, x[i], y[i]), old);
            }
            while (seen != old);
            if (to >= 0) ((T*)(warp.Registers + to))[i] = old;
        }
    }
}

/// <summary>Orders accesses of this thread, and of those that it has seen, for all others. It does so before another instruction, if
/// there is one.</summary>
internal sealed class Fence(Instruction? then = null) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        warp.Block.DeliverAll();
        warp.Block.Communicate();
        Interlocked.MemoryBarrier();
        then?.Run(warp, mask);
    }
}
