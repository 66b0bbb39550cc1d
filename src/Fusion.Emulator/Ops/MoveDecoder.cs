using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes moves, choices and conversions of addresses.</summary>
internal static class MoveDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var type = o.Ptx.Type;
        return o.Ptx.Opcode switch
        {
            "mov" when o.InFrame(o[1]) is var (baseSlot, offset) => type.Bytes() == 8 ? new AddressInFrame(o.To(0), baseSlot, offset) : null,
            "mov" when o[1].Kind == OperandKind.Vector => new Pack(
                o.To(0), type.Bytes(), [.. o[1].Parts!.Select(part => o.From(part, PartOf(o, o[1])))], PartOf(o, o[1]).Bytes()),
            "mov" when o[0].Kind == OperandKind.Vector => new Unpack(
                [.. o[0].Parts!.Select(o.To)], PartOf(o, o[0]).Bytes(), o.From(1, type), type.Bytes()),
            "mov" when o[1].Kind == OperandKind.Special && ReadClock.TypeOf(o[1].Name) is var clock and not None =>
                clock.Bytes() == type.Bytes() ? new ReadClock(o.To(0), o[1].Name) : null,
            "mov" when o[1].Kind == OperandKind.Special => type.Bytes() == 4 ? Copy(o, type) : null,
            "mov" => Copy(o, type),
            "selp" => Choose(o, type),
            "slct" when o.Ptx.Modifiers is [_, "s32"] => new ChooseBySign(o.To(0), o.From(1, o.Ptx.TypeAt(1)), o.From(2, o.Ptx.TypeAt(1)), o.From(3, S32), o.Ptx.TypeAt(1).Bytes()),
            "cvta" => ConvertAddress(o),
            "isspacep" => new IsInSpace(o.To(0), o.From(1, U64), o.Ptx.Modifiers[0]),
            "mapa" => type.Bytes() == 4 ? new MapToBlock<uint>(o.To(0), o.From(1, U32), o.From(2, U32), isGeneric: false)
                : new MapToBlock<ulong>(o.To(0), o.From(1, U64), o.From(2, U32), !o.Ptx.Has("shared::cluster")),
            "getctarank" => type.Bytes() == 4 ? new BlockOfAddress<uint>(o.To(0), o.From(1, U32)) : new BlockOfAddress<ulong>(o.To(0), o.From(1, U64)),
            // There is no cache that it could say anything to.
            "createpolicy" => new Copy<ulong>(o.To(0), o.Immediate(0, 8)),
            "prefetch" or "prefetchu" or "applypriority" or "discard" or "pmevent" or "setmaxnreg" => new Nothing(),
            _ => null,
        };
    }

    private static PtxType PartOf(Operands o, PtxOperand vector) => (o.Ptx.Type.Bytes() / vector.Parts!.Length) switch
    {
        1 => B8,
        2 => B16,
        4 => B32,
        8 => B64,
        _ => throw o.CannotRun(),
    };

    private static Instruction? Copy(Operands o, PtxType type) => type.Bytes() switch
    {
        2 => new Copy<ushort>(o.To(0), o.From(1, type)),
        4 => new Copy<uint>(o.To(0), o.From(1, type)),
        8 => new Copy<ulong>(o.To(0), o.From(1, type)),
        16 => new Copy<UInt128>(o.To(0), o.From(1, type)),
        _ => null,
    };

    private static Instruction? Choose(Operands o, PtxType type)
    {
        var (to, a, b, predicate) = (o.To(0), o.From(1, type), o.From(2, type), o.From(3, Pred));
        return type.Bytes() switch
        {
            2 => new Choose<ushort>(to, a, b, predicate, o[3].IsNegated),
            4 => new Choose<uint>(to, a, b, predicate, o[3].IsNegated),
            8 => new Choose<ulong>(to, a, b, predicate, o[3].IsNegated),
            _ => null,
        };
    }

    private static Instruction? ConvertAddress(Operands o)
    {
        if (o.Ptx.Type != U64) return null;
        var tag = o.Ptx.Modifiers.First(word => word is not ("to" or "u64")) switch
        {
            "shared" or "shared::cta" or "shared::cluster" => Warp.SharedTag,
            "local" => Warp.LocalTag,
            "param" or "param::entry" => Warp.ParameterTag,
            _ => 0UL,
        };
        var from = o.From(1, U64);
        if (tag == 0) return new Copy<ulong>(o.To(0), from);
        return o.Ptx.Has("to") ? new Function<ulong>(o.To(0), from, address => address & ~(0xFFUL << Warp.TagShift))
            // A function's parameter has the tag of local memory already.
            : new Function<ulong>(o.To(0), from, address => address >> Warp.TagShift == 0 ? address | tag : address);
    }
}

/// <summary>Copies a value in each lane.</summary>
internal sealed unsafe class Copy<T>(int to, int a) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        if (mask == uint.MaxValue)
        {
            new ReadOnlySpan<T>(x, 32).CopyTo(new Span<T>(r, 32));
            return;
        }

        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = x[i];
        }
    }
}

/// <summary>Chooses by the sign of a third value.</summary>
internal sealed unsafe class ChooseBySign(int to, int a, int b, int sign, int bytes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var signs = (int*)(warp.Registers + sign);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            Buffer.MemoryCopy(warp.Registers + (signs[i] >= 0 ? a : b) + (i * bytes), warp.Registers + to + (i * bytes), bytes, bytes);
        }
    }
}

/// <summary>Makes one value of several.</summary>
internal sealed unsafe class Pack(int to, int bytes, int[] parts, int partBytes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        // Bytes have places of 16 bits.
        var stride = Math.Max(2, partBytes);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var target = warp.Registers + to + (i * bytes);
            for (var part = 0; part < parts.Length; part++)
                Buffer.MemoryCopy(warp.Registers + parts[part] + (i * stride), target + (part * partBytes), partBytes, partBytes);
        }
    }
}

/// <summary>Makes several values of one.</summary>
internal sealed unsafe class Unpack(int[] parts, int partBytes, int from, int bytes) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var stride = Math.Max(2, partBytes);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var source = warp.Registers + from + (i * bytes);
            for (var part = 0; part < parts.Length; part++)
                if (parts[part] >= 0) Buffer.MemoryCopy(source + (part * partBytes), warp.Registers + parts[part] + (i * stride), partBytes, partBytes);
        }
    }
}

/// <summary>Reads a clock.</summary>
internal sealed unsafe class ReadClock(int to, string name) : Instruction
{
    public static PtxType TypeOf(string name) => name switch
    {
        "%clock" or "%clock_hi" or "%globaltimer_lo" or "%globaltimer_hi" => U32,
        "%clock64" or "%globaltimer" => U64,
        _ => None,
    };

    public override void Run(Warp warp, uint mask)
    {
        var now = (ulong)EmulatedMachine.Nanoseconds;
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            if (TypeOf(name) == U64) ((ulong*)(warp.Registers + to))[i] = now;
            else ((uint*)(warp.Registers + to))[i] = (uint)(name.EndsWith("hi", StringComparison.Ordinal) ? now >> 32 : now);
        }
    }
}

/// <summary>Tells whether a generic address is in a space.</summary>
internal sealed unsafe class IsInSpace(int to, int address, string space) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var values = (ulong*)(warp.Registers + address);
        var found = 0u;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            var tag = values[i] >> Warp.TagShift;
            var isOwn = (values[i] & ~(0xFFUL << Warp.TagShift)) >> Warp.RankShift is var rank && (rank == 0 || (int)rank - 1 == warp.Block.RankInCluster);
            if (space switch
            {
                "global" => tag == 0,
                "shared" or "shared::cta" => tag == 1 && isOwn,
                "shared::cluster" => tag == 1,
                "local" => tag == 2,
                "const" => false,
                _ => tag == 3,
            }) found |= 1u << i;
        }

        Predicates.Set(warp, to, mask, found);
    }
}

/// <summary>Address of the same place in the shared memory of another block of the cluster.</summary>
internal sealed unsafe class MapToBlock<T>(int to, int address, int rank, bool isGeneric) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + address);
        var ranks = (uint*)(warp.Registers + rank);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            if (ranks[i] >= warp.Block.Cluster.Blocks.Length) throw new KernelFaultException(
                FaultKind.IllegalInstruction, $"the cluster has no block {ranks[i]}", i);
            var offset = ulong.CreateTruncating(x[i]) & ((1UL << Warp.RankShift) - 1);
            r[i] = T.CreateTruncating(offset | ((ulong)ranks[i] + 1) << Warp.RankShift | (isGeneric ? Warp.SharedTag : 0));
        }
    }
}

/// <summary>Number in the cluster of the block that has an address of shared memory.</summary>
internal sealed unsafe class BlockOfAddress<T>(int to, int address) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (uint*)(warp.Registers + to);
        var x = (T*)(warp.Registers + address);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var rank = (uint)(ulong.CreateTruncating(x[i]) >> Warp.RankShift) & 0xFF;
            r[i] = rank == 0 ? (uint)warp.Block.RankInCluster : rank - 1;
        }
    }
}
