using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes integer arithmetic, logic and comparisons.</summary>
internal static class IntegerDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var type = o.Ptx.Type;
        if (o.Ptx.Opcode is "popc" or "clz" or "bfind") return Count(o, type);
        if (type.IsFloat() || type is F16x2 or BF16x2) return null;
        if (type == Pred) return Logic(o);
        return o.Ptx.Opcode switch
        {
            "add" when o.Ptx.Has("cc") => Carry(o, type, subtracts: false, takes: false),
            "addc" => Carry(o, type, subtracts: false, takes: true),
            "sub" when o.Ptx.Has("cc") => Carry(o, type, subtracts: true, takes: false),
            "subc" => Carry(o, type, subtracts: true, takes: true),
            "add" when o.Ptx.Has("sat") => new Binary<int, int, int, AddSaturated>(o.To(0), o.From(1, S32), o.From(2, S32)),
            "sub" when o.Ptx.Has("sat") => new Binary<int, int, int, SubtractSaturated>(o.To(0), o.From(1, S32), o.From(2, S32)),
            "add" => Binary<Add>(o, type),
            "sub" => Binary<Subtract>(o, type),
            "mul" => Multiply(o, type),
            "mad" when !o.Ptx.Has("cc") => MultiplyAdd(o, type),
            "div" => Binary<Divide>(o, type),
            "rem" => Binary<Remainder>(o, type),
            "min" when !o.Ptx.Has("relu") => Binary<Minimum>(o, type),
            "max" when !o.Ptx.Has("relu") => Binary<Maximum>(o, type),
            "and" => Binary<And>(o, type),
            "or" => Binary<Or>(o, type),
            "xor" => Binary<ExclusiveOr>(o, type),
            "not" => Unary<Not>(o, type),
            "cnot" => Unary<LogicalNot>(o, type),
            "neg" => Unary<Negate>(o, type),
            "abs" => Unary<Absolute>(o, type),
            "brev" => Unary<ReverseBits>(o, type),
            "sad" => SumOfDifferences(o, type),
            "shl" => ShiftLeft(o, type),
            "shr" => ShiftRight(o, type),
            "shf" => new FunnelShift(
                o.To(0), o.From(1, B32), o.From(2, B32), o.From(3, U32), isLeft: o.Ptx.Has("l"), isClamped: o.Ptx.Has("clamp")),
            "lop3" when o.Count == 5 => new ThreeInputLogic(o.To(0), o.From(1, B32), o.From(2, B32), o.From(3, B32), (byte)o.Constant(4)),
            "prmt" => new PermuteBytes(o.To(0), o.From(1, B32), o.From(2, B32), o.From(3, B32), o.Ptx.Modifiers is [_, var mode] ? mode : ""),
            "bfe" => type switch
            {
                U32 => new ExtractField<uint>(o.To(0), o.From(1, U32), o.From(2, U32), o.From(3, U32)),
                S32 => new ExtractField<int>(o.To(0), o.From(1, S32), o.From(2, U32), o.From(3, U32)),
                U64 => new ExtractField<ulong>(o.To(0), o.From(1, U64), o.From(2, U32), o.From(3, U32)),
                S64 => new ExtractField<long>(o.To(0), o.From(1, S64), o.From(2, U32), o.From(3, U32)),
                _ => null,
            },
            "bfi" => type switch
            {
                B32 => new InsertField<uint>(o.To(0), o.From(1, B32), o.From(2, B32), o.From(3, U32), o.From(4, U32)),
                B64 => new InsertField<ulong>(o.To(0), o.From(1, B64), o.From(2, B64), o.From(3, U32), o.From(4, U32)),
                _ => null,
            },
            "dp4a" or "dp2a" => new DotProduct(
                o.To(0), o.From(1, B32), o.From(2, B32), o.From(3, B32), o.Ptx.TypeAt(1).IsSigned(), type.IsSigned(),
                o.Ptx.Opcode == "dp4a" ? 4 : 2, o.Ptx.Has("hi")),
            "setp" => Compare(o, type),
            _ => null,
        };
    }

    private static Instruction? Binary<TOp>(Operands o, PtxType type)
        where TOp : struct, IIntegerBinary
    {
        var (to, a, b) = (o.To(0), o.From(1, type), o.From(2, type));
        return type switch
        {
            S16 => Make<short>(),
            U16 or B16 => Make<ushort>(),
            S32 => Make<int>(),
            U32 or B32 => Make<uint>(),
            S64 => Make<long>(),
            U64 or B64 => Make<ulong>(),
            _ => null,
        };

        Instruction Make<T>()
            where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => new Binary<T, T, T, IntegerBinary<T, TOp>>(to, a, b);
    }

    private static Instruction? Unary<TOp>(Operands o, PtxType type)
        where TOp : struct, IIntegerUnary
    {
        var (to, a) = (o.To(0), o.From(1, type));
        return type switch
        {
            S16 => Make<short>(),
            U16 or B16 => Make<ushort>(),
            S32 => Make<int>(),
            U32 or B32 => Make<uint>(),
            S64 => Make<long>(),
            U64 or B64 => Make<ulong>(),
            _ => null,
        };

        Instruction Make<T>()
            where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => new Unary<T, T, IntegerUnary<T, TOp>>(to, a);
    }

    private static Instruction? Count(Operands o, PtxType type)
    {
        var (to, a) = (o.To(0), o.From(1, type));
        var isShift = o.Ptx.Has("shiftamt");
        return (o.Ptx.Opcode, type) switch
        {
            ("popc", B32) => new Unary<uint, uint, PopulationCount<uint>>(to, a),
            ("popc", B64) => new Unary<ulong, uint, PopulationCount<ulong>>(to, a),
            ("clz", B32) => new Unary<uint, uint, LeadingZeros<uint>>(to, a),
            ("clz", B64) => new Unary<ulong, uint, LeadingZeros<ulong>>(to, a),
            ("bfind", U32) => isShift ? new Unary<uint, uint, FindHighestShift<uint>>(to, a) : new Unary<uint, uint, FindHighest<uint>>(to, a),
            ("bfind", S32) => isShift ? new Unary<int, uint, FindHighestShift<int>>(to, a) : new Unary<int, uint, FindHighest<int>>(to, a),
            ("bfind", U64) => isShift ? new Unary<ulong, uint, FindHighestShift<ulong>>(to, a) : new Unary<ulong, uint, FindHighest<ulong>>(to, a),
            ("bfind", S64) => isShift ? new Unary<long, uint, FindHighestShift<long>>(to, a) : new Unary<long, uint, FindHighest<long>>(to, a),
            _ => null,
        };
    }

    private static Instruction? Multiply(Operands o, PtxType type)
    {
        var (to, a, b) = (o.To(0), o.From(1, type), o.From(2, type));
        if (o.Ptx.Has("wide"))
        {
            return type switch
            {
                S16 => new Binary<short, short, int, MultiplyWide<short, int>>(to, a, b),
                U16 => new Binary<ushort, ushort, uint, MultiplyWide<ushort, uint>>(to, a, b),
                S32 => new Binary<int, int, long, MultiplyWide<int, long>>(to, a, b),
                U32 => new Binary<uint, uint, ulong, MultiplyWide<uint, ulong>>(to, a, b),
                _ => null,
            };
        }

        if (!o.Ptx.Has("hi")) return Binary<MultiplyLow>(o, type);
        return type switch
        {
            S16 => new Binary<short, short, short, MultiplyHigh<short>>(to, a, b),
            U16 => new Binary<ushort, ushort, ushort, MultiplyHigh<ushort>>(to, a, b),
            S32 => new Binary<int, int, int, MultiplyHigh<int>>(to, a, b),
            U32 => new Binary<uint, uint, uint, MultiplyHigh<uint>>(to, a, b),
            S64 => new Function2<long>(to, a, b, (x, y) => Math.BigMul(x, y, out _)),
            U64 => new Function2<ulong>(to, a, b, (x, y) => Math.BigMul(x, y, out _)),
            _ => null,
        };
    }

    private static Instruction? MultiplyAdd(Operands o, PtxType type)
    {
        var isWide = o.Ptx.Has("wide");
        var wide = type switch { S16 => S32, U16 => U32, S32 => S64, _ => U64 };
        var (to, a, b, c) = (o.To(0), o.From(1, type), o.From(2, type), o.From(3, isWide ? wide : type));
        return (type, isWide, o.Ptx.Has("hi")) switch
        {
            (S16, true, _) => new Ternary<short, int, int, MultiplyAddWide<short, int>>(to, a, b, c),
            (U16, true, _) => new Ternary<ushort, uint, uint, MultiplyAddWide<ushort, uint>>(to, a, b, c),
            (S32, true, _) => new Ternary<int, long, long, MultiplyAddWide<int, long>>(to, a, b, c),
            (U32, true, _) => new Ternary<uint, ulong, ulong, MultiplyAddWide<uint, ulong>>(to, a, b, c),
            (S16 or U16, _, false) => new Ternary<ushort, ushort, ushort, MultiplyAddLow<ushort>>(to, a, b, c),
            (S32 or U32, _, false) => new Ternary<uint, uint, uint, MultiplyAddLow<uint>>(to, a, b, c),
            (S64 or U64, _, false) => new Ternary<ulong, ulong, ulong, MultiplyAddLow<ulong>>(to, a, b, c),
            (S32, _, true) => new Ternary<int, int, int, MultiplyAddHigh<int>>(to, a, b, c),
            (U32, _, true) => new Ternary<uint, uint, uint, MultiplyAddHigh<uint>>(to, a, b, c),
            (S64, _, true) => new Function3<long>(to, a, b, c, (x, y, z) => unchecked(Math.BigMul(x, y, out _) + z)),
            (U64, _, true) => new Function3<ulong>(to, a, b, c, (x, y, z) => unchecked(Math.BigMul(x, y, out _) + z)),
            _ => null,
        };
    }

    private static Instruction? SumOfDifferences(Operands o, PtxType type)
    {
        var (to, a, b, c) = (o.To(0), o.From(1, type), o.From(2, type), o.From(3, type));
        return type switch
        {
            S32 => new Ternary<int, int, int, SumOfDifferences<int>>(to, a, b, c),
            U32 => new Ternary<uint, uint, uint, SumOfDifferences<uint>>(to, a, b, c),
            _ => null,
        };
    }

    private static Instruction? ShiftLeft(Operands o, PtxType type)
    {
        var (to, a, b) = (o.To(0), o.From(1, type), o.From(2, U32));
        return type.Bytes() switch
        {
            2 => new Binary<ushort, uint, ushort, ShiftLeft<ushort>>(to, a, b),
            4 => new Binary<uint, uint, uint, ShiftLeft<uint>>(to, a, b),
            8 => new Binary<ulong, uint, ulong, ShiftLeft<ulong>>(to, a, b),
            _ => null,
        };
    }

    private static Instruction? ShiftRight(Operands o, PtxType type)
    {
        var (to, a, b) = (o.To(0), o.From(1, type), o.From(2, U32));
        return type switch
        {
            S16 => new Binary<short, uint, short, ShiftRight<short>>(to, a, b),
            U16 or B16 => new Binary<ushort, uint, ushort, ShiftRight<ushort>>(to, a, b),
            S32 => new Binary<int, uint, int, ShiftRight<int>>(to, a, b),
            U32 or B32 => new Binary<uint, uint, uint, ShiftRight<uint>>(to, a, b),
            S64 => new Binary<long, uint, long, ShiftRight<long>>(to, a, b),
            U64 or B64 => new Binary<ulong, uint, ulong, ShiftRight<ulong>>(to, a, b),
            _ => null,
        };
    }

    private static Instruction? Carry(Operands o, PtxType type, bool subtracts, bool takes)
    {
        var (to, a, b, carry, gives) = (o.To(0), o.From(1, type), o.From(2, type), o.UseCarry(), o.Ptx.Has("cc"));
        return type.Bytes() switch
        {
            4 => new CarryOp<uint>(to, a, b, carry, subtracts, takes, gives),
            8 => new CarryOp<ulong>(to, a, b, carry, subtracts, takes, gives),
            _ => null,
        };
    }

    private static Instruction? Logic(Operands o)
    {
        var combine = o.Ptx.Opcode switch { "and" => Combine.And, "or" => Combine.Or, "xor" => Combine.Xor, _ => Combine.None };
        if (combine == Combine.None && o.Ptx.Opcode is not ("not" or "mov")) return null;
        var isNot = o.Ptx.Opcode == "not";
        return new PredicateOp(
            o.To(0), o.From(1, Pred), o[1].IsNegated != isNot, combine == Combine.None ? -1 : o.From(2, Pred),
            combine != Combine.None && o[2].IsNegated, combine);
    }

    private static Instruction? Compare(Operands o, PtxType type)
    {
        var test = Comparison.Read(o);
        return test.Word switch
        {
            "eq" => Make<Equal>(),
            "ne" => Make<NotEqual>(),
            "lt" or "lo" => Make<Less>(),
            "le" or "ls" => Make<LessOrEqual>(),
            "gt" or "hi" => Make<Greater>(),
            "ge" or "hs" => Make<GreaterOrEqual>(),
            _ => null,
        };

        Instruction? Make<TOp>()
            where TOp : struct, IIntegerTest => type switch
            {
                S16 => test.Make<short, IntegerTest<short, TOp>>(o),
                U16 or B16 => test.Make<ushort, IntegerTest<ushort, TOp>>(o),
                S32 => test.Make<int, IntegerTest<int, TOp>>(o),
                U32 or B32 => test.Make<uint, IntegerTest<uint, TOp>>(o),
                S64 => test.Make<long, IntegerTest<long, TOp>>(o),
                U64 or B64 => test.Make<ulong, IntegerTest<ulong, TOp>>(o),
                _ => null,
            };
    }
}

/// <summary>Operands of a comparison: one or two predicates, two values, and maybe a predicate to combine with.</summary>
internal readonly record struct Comparison(string Word, int To, int Opposite, int With, bool IsNegated, Combine Combine)
{
    public static Comparison Read(Operands o)
    {
        var combine = o.Ptx.Has("and") ? Combine.And : o.Ptx.Has("or") ? Combine.Or : o.Ptx.Has("xor") ? Combine.Xor : Combine.None;
        var hasOther = combine != Combine.None;
        return new(
            o.Ptx.Modifiers.Length > 0 ? o.Ptx.Modifiers[0] : "", o.Results is { } results ? results.First : o.To(0),
            o.Results is { } both ? both.Second : o[0].Parts is [var second] ? o.To(second) : -1,
            hasOther ? o.From(3, PtxType.Pred) : -1, hasOther && o[3].IsNegated, combine);
    }

    public Instruction Make<T, TOp>(Operands o)
        where T : unmanaged
        where TOp : struct, IBinary<T, T, bool> =>
        new Compare<T, TOp>(To, Opposite, o.From(1, o.Ptx.Type), o.From(2, o.Ptx.Type), With, IsNegated, Combine);
}
