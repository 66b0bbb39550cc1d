using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Stores to shared memory whose bytes a barrier beside them counts, <c>st.async</c>. They arrive at once, and the
/// barrier orders them.</summary>
/// <param name="place">Place of the store.</param>
/// <param name="values">Registers of the values.</param>
/// <param name="size">Number of bytes of a value, 4 or 8.</param>
/// <param name="barrier">The barrier, in the same block as the place.</param>
internal sealed unsafe class AsyncStore(AddressOperand place, int[] values, int size, BarrierPlace barrier) : Instruction
{
    /// <summary>Decodes a store; null for a form that is not there.</summary>
    public static Instruction? TryDecode(Operands o)
    {
        var size = o.Ptx.Type.Bytes();
        if (!o.Ptx.Has("shared::cluster") || !o.Ptx.Has("mbarrier::complete_tx::bytes") || size is not (4 or 8)) return null;
        var parts = o[1].Kind == OperandKind.Vector ? o[1].Parts! : [o[1]];
        return new AsyncStore(
            MemoryDecoder.AddressOf(o, 0), [.. parts.Select(part => o.From(part, o.Ptx.Type))], size,
            new BarrierPlace(MemoryDecoder.AddressOf(o, 2), isGeneric: false));
    }

    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var to = warp.SharedMemory(place.Of(warp, i), size * values.Length, i, Access.Write);
            foreach (var value in values)
            {
                if (size == 4) *(uint*)to = ((uint*)(warp.Registers + value))[i];
                else *(ulong*)to = ((ulong*)(warp.Registers + value))[i];
                to += size;
            }

            BarrierOp.Come(warp, barrier.Find(warp, i), (uint)(size * values.Length));
        }
    }
}
