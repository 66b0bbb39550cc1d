using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes conversions.</summary>
internal static class ConversionDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        if (o.Ptx.Opcode != "cvt" || o.Ptx.Has("pack")) return null;
        var (to, from) = (o.Ptx.TypeAt(1), o.Ptx.Type);
        if (IsInteger(to) && IsInteger(from)) return FromInteger(o, to, from);
        if (IsInteger(from)) return FromIntegerToFloat(o, to, from);
        if (IsInteger(to)) return FromFloatToInteger(o, to, from);
        return FloatConversions.TryDecode(o, to, from);
    }

    private static bool IsInteger(PtxType type) => type is U8 or U16 or U32 or U64 or S8 or S16 or S32 or S64;

    // The register may be wider than the type: the value is extended to it.
    private static int WidthOf(Operands o, PtxOperand operand, PtxType type) =>
        Math.Max(2, Math.Max(type.Bytes(), operand.Kind == OperandKind.Register ? o.TypeOf(operand).Bytes() : 0));

    private static Instruction? FromInteger(Operands o, PtxType to, PtxType from)
    {
        var (target, source) = (WidthOf(o, o[0], to), WidthOf(o, o[1], from));
        var (slot, a, saturates) = (o.To(0), o.From(o[1], Wide(source)), o.Ptx.Has("sat"));
        if (!saturates)
        {
            switch (to, from, target, source)
            {
                case (U32 or S32, U64 or S64, 4, 8): return new ConvertInteger<ulong, uint>(slot, a);
                case (U64 or S64, U32, 8, 4): return new ConvertInteger<uint, ulong>(slot, a);
                case (U64 or S64, S32, 8, 4): return new ConvertInteger<int, long>(slot, a);
                case (U32 or S32, U16, 4, 2): return new ConvertInteger<ushort, uint>(slot, a);
                case (U32 or S32, S16, 4, 2): return new ConvertInteger<short, int>(slot, a);
                case (U16 or S16, U32 or S32, 2, 4): return new ConvertInteger<uint, ushort>(slot, a);
            }
        }

        return new ConvertAnyInteger(slot, target, to, a, source, from, saturates);
    }

    private static PtxType Wide(int bytes) => bytes switch { 2 => B16, 4 => B32, _ => B64 };

    private static Instruction? FromIntegerToFloat(Operands o, PtxType to, PtxType from)
    {
        var source = WidthOf(o, o[1], from);
        var (slot, a, round) = (o.To(0), o.From(o[1], Wide(source)), FloatDecoder.RoundOf(o.Ptx));
        var saturates = o.Ptx.Has("sat");
        return to switch
        {
            F32 when round == Round.Nearest && from == S32 && source == 4 && !saturates => new Unary<int, float, SingleOf<int>>(slot, a),
            F32 when round == Round.Nearest && from == U32 && source == 4 && !saturates => new Unary<uint, float, SingleOf<uint>>(slot, a),
            F32 => new ConvertIntegerToFloat<float>(slot, a, source, from, exact =>
                Rounding.ToSingle(exact, round) is var value && saturates ? Rounding.Saturate(value) : value),
            F64 => new ConvertIntegerToFloat<double>(slot, a, source, from, exact =>
                Rounding.ToDouble(exact, round) is var value && saturates ? Rounding.Saturate(value) : value),
            F16 when round is Round.Nearest or Round.Zero && !saturates => new ConvertIntegerToFloat<ushort>(slot, a, source, from, exact =>
                Rounding.ToHalf(Rounding.ToOdd(exact), round)),
            BF16 when round is Round.Nearest or Round.Zero && !saturates => new ConvertIntegerToFloat<ushort>(slot, a, source, from, exact =>
                Rounding.ToBFloat(Rounding.ToOdd(exact), round)),
            _ => null,
        };
    }

    private static Instruction? FromFloatToInteger(Operands o, PtxType to, PtxType from)
    {
        if (from is not (F32 or F64 or F16 or BF16)) return null;
        var round = o.Ptx.Has("rni") ? Round.Nearest : o.Ptx.Has("rmi") ? Round.Down : o.Ptx.Has("rpi") ? Round.Up : Round.Zero;
        var target = WidthOf(o, o[0], to);
        return new ConvertFloatToInteger(o.To(0), target, to, o.From(1, from), from, round, o.Ptx.Has("ftz"));
    }
}

internal readonly struct SingleOf<T> : IUnary<T, float>
    where T : unmanaged, IBinaryInteger<T>
{
    public static float Do(T a) => float.CreateTruncating(a);
}

/// <summary>Converts an integer to another width.</summary>
internal sealed unsafe class ConvertInteger<T, TResult>(int to, int a) : Instruction
    where T : unmanaged, IBinaryInteger<T>
    where TResult : unmanaged, IBinaryInteger<TResult>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = TResult.CreateTruncating(x[i]);
        }
    }
}

/// <summary>Reads and writes integers of any type in registers that may be wider.</summary>
internal static unsafe class AnyInteger
{
    public static Int128 Read(byte* register, int lane, int width, PtxType type)
    {
        ulong bits = width switch
        {
            2 => ((ushort*)register)[lane],
            4 => ((uint*)register)[lane],
            _ => ((ulong*)register)[lane],
        };
        return type switch
        {
            U8 => (byte)bits,
            S8 => (sbyte)bits,
            U16 => (ushort)bits,
            S16 => (short)bits,
            U32 => (uint)bits,
            S32 => (int)bits,
            S64 => (long)bits,
            _ => bits,
        };
    }

    public static void Write(byte* register, int lane, int width, ulong bits)
    {
        if (width == 2) ((ushort*)register)[lane] = (ushort)bits;
        else if (width == 4) ((uint*)register)[lane] = (uint)bits;
        else ((ulong*)register)[lane] = bits;
    }

    public static (Int128 Least, Int128 Most) Range(PtxType type)
    {
        var bits = type.Bytes() * 8;
        return type.IsSigned() ? (-(Int128.One << (bits - 1)), (Int128.One << (bits - 1)) - 1) : (0, (Int128.One << bits) - 1);
    }

    /// <summary>Extends a value of a type to a register's width.</summary>
    public static ulong Extend(Int128 value, PtxType type) => type switch
    {
        U8 => (byte)value,
        S8 => (ulong)(sbyte)value,
        U16 => (ushort)value,
        S16 => (ulong)(short)value,
        U32 => (uint)value,
        S32 => (ulong)(int)value,
        _ => (ulong)value,
    };
}

/// <summary>Converts an integer of any type to any other.</summary>
internal sealed unsafe class ConvertAnyInteger(int to, int width, PtxType toType, int a, int sourceWidth, PtxType fromType, bool saturates) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var (least, most) = AnyInteger.Range(toType);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var value = AnyInteger.Read(warp.Registers + a, i, sourceWidth, fromType);
            if (saturates) value = Int128.Clamp(value, least, most);
            AnyInteger.Write(warp.Registers + to, i, width, unchecked(AnyInteger.Extend(value, toType)));
        }
    }
}

/// <summary>Converts an integer to a float.</summary>
internal sealed unsafe class ConvertIntegerToFloat<T>(int to, int a, int width, PtxType type, Func<(double Value, double Left), T> round) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var value = AnyInteger.Read(warp.Registers + a, i, width, type);
            var nearest = (double)value;
            r[i] = round((nearest, (double)(value - (Int128)nearest)));
        }
    }
}

/// <summary>Converts a float to an integer; what is beyond the type becomes its limit, NaN becomes 0 or, of 64 bits, the hardware's
/// 0x8000000000000000.</summary>
internal sealed unsafe class ConvertFloatToInteger(int to, int width, PtxType toType, int a, PtxType fromType, Round round, bool flush) : Instruction
{
    private readonly double least = (double)AnyInteger.Range(toType).Least;
    private readonly double most = (double)AnyInteger.Range(toType).Most;

    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var value = Read(warp, i);
            value = round switch
            {
                Round.Nearest => Math.Round(value, MidpointRounding.ToEven),
                Round.Down => Math.Floor(value),
                Round.Up => Math.Ceiling(value),
                _ => Math.Truncate(value),
            };
            AnyInteger.Write(warp.Registers + to, i, width, Convert(value));
        }
    }

    private double Read(Warp warp, int lane)
    {
        var register = warp.Registers + a;
        return fromType switch
        {
            F64 => ((double*)register)[lane],
            F16 => Rounding.FromHalf(((ushort*)register)[lane]),
            BF16 => Rounding.FromBFloat(((ushort*)register)[lane]),
            _ when flush => Rounding.Flush(((float*)register)[lane]),
            _ => ((float*)register)[lane],
        };
    }

    private ulong Convert(double value)
    {
        if (double.IsNaN(value)) return toType.Bytes() == 8 ? 0x8000_0000_0000_0000 : 0;
        var (low, high) = AnyInteger.Range(toType);
        var integer = value <= least ? low : value >= most ? high : (Int128)value;
        return unchecked(AnyInteger.Extend(integer, toType));
    }
}
