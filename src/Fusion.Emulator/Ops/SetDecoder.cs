using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes <c>set</c>: a comparison, as <c>setp</c> does it, whose result is a number.</summary>
internal static class SetDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var instruction = o.Instruction;
        var (to, from) = (o.Ptx.TypeAt(1), o.Ptx.Type);
        var isPair = from is F16x2 or BF16x2;
        uint? yes = to switch
        {
            U32 or S32 => isPair ? 0xFFFFu : uint.MaxValue,
            U16 or S16 => 0xFFFF,
            F32 => BitConverter.SingleToUInt32Bits(1),
            F16 or F16x2 => 0x3C00,
            BF16 or BF16x2 => 0x3F80,
            _ => null,
        };
        if (yes is not { } value) return null;
        // The two types follow the comparison; that of the result is the first.
        var at = Array.FindIndex(o.Ptx.Modifiers, word => PtxTypes.TryParse(word, out _));
        var slot = o.To(0);
        try
        {
            o.Instruction = instruction with { Ptx = o.Ptx with { Opcode = "setp", Modifiers = [.. o.Ptx.Modifiers[..at], .. o.Ptx.Modifiers[(at + 1)..]] } };
            o.Results = o.UsePredicates();
            if (!isPair) o.Results = (o.Results.Value.First, -1);
            var compare = IntegerDecoder.TryDecode(o) ?? FloatDecoder.TryDecode(o);
            return compare is null ? null : new SetByPredicate(compare, o.Results.Value.First, o.Results.Value.Second, slot, to.Bytes(), value);
        }
        finally
        {
            (o.Instruction, o.Results) = (instruction, null);
        }
    }
}

/// <summary>Compares, and gives lanes a number where it is so and 0 where it is not.</summary>
internal sealed unsafe class SetByPredicate(Instruction compare, int first, int second, int to, int bytes, uint yes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        compare.Run(warp, mask);
        var low = *(uint*)(warp.Registers + first);
        var high = second < 0 ? 0 : *(uint*)(warp.Registers + second);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var value = ((low >> i & 1) != 0 ? yes : 0) | ((high >> i & 1) != 0 ? yes << 16 : 0);
            if (bytes == 2) ((ushort*)(warp.Registers + to))[i] = (ushort)value;
            else ((uint*)(warp.Registers + to))[i] = value;
        }
    }
}
