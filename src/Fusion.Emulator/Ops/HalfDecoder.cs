using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes arithmetic and comparisons of f16, bf16 and pairs of them. Results are computed exactly, or rounded to odd in
/// double, and rounded once.</summary>
internal static class HalfDecoder
{
    /// <summary>Arithmetic whose result is a double that is exact or rounded to odd.</summary>
    public delegate double Arithmetic(double a, double b, double c);

    public static Instruction? TryDecode(Operands o)
    {
        var type = o.Ptx.Type;
        var isBFloat = type is BF16 or BF16x2;
        var bits = type.Bytes() == 4 ? 0x8000_8000u : 0x8000u;
        if (o.Ptx.Has("ftz") || o.Ptx.Has("xorsign") || o.Ptx.Opcode is "cvt" || FloatDecoder.RoundOf(o.Ptx) != Round.Nearest) return null;
        return o.Ptx.Opcode switch
        {
            "add" when o.Ptx.TypeAt(1) == None => Make(o, 2, (a, b, _) => Rounding.ToOdd(Rounding.Sum(a, b))),
            "sub" when o.Ptx.TypeAt(1) == None => Make(o, 2, (a, b, _) => Rounding.ToOdd(Rounding.Sum(a, -b))),
            "mul" => Make(o, 2, (a, b, _) => a * b),
            "fma" => Make(o, 3, (a, b, c) => Rounding.ToOdd(Rounding.Sum(a * b, c))),
            "min" => o.Ptx.Has("NaN") ? Make(o, 2, (a, b, _) => Math.Min(a, b)) : Make(o, 2, (a, b, _) => double.MinNumber(a, b)),
            "max" => o.Ptx.Has("NaN") ? Make(o, 2, (a, b, _) => Math.Max(a, b)) : Make(o, 2, (a, b, _) => double.MaxNumber(a, b)),
            "neg" => Bitwise(o, a => a ^ bits),
            "abs" => Bitwise(o, a => a & ~bits),
            "ex2" => Make(o, 1, (a, _, _) => Math.Pow(2, a)),
            "tanh" => Make(o, 1, (a, _, _) => Math.Tanh(a)),
            "setp" => Compare(o, isBFloat),
            _ => null,
        };
    }

    /// <summary>Finds the test of a comparison's word.</summary>
    public static Func<double, double, bool>? TestOf(string word)
    {
        var isNan = (double a, double b) => double.IsNaN(a) || double.IsNaN(b);
        return word switch
        {
            "eq" => (a, b) => a == b,
            "ne" => (a, b) => a < b || a > b,
            "lt" => (a, b) => a < b,
            "le" => (a, b) => a <= b,
            "gt" => (a, b) => a > b,
            "ge" => (a, b) => a >= b,
            "equ" => (a, b) => a == b || isNan(a, b),
            "neu" => (a, b) => a != b,
            "ltu" => (a, b) => !(a >= b),
            "leu" => (a, b) => !(a > b),
            "gtu" => (a, b) => !(a <= b),
            "geu" => (a, b) => !(a < b),
            "num" => (a, b) => !isNan(a, b),
            "nan" => isNan,
            _ => null,
        };
    }

    private static Instruction Make(Operands o, int count, Arithmetic arithmetic)
    {
        var type = o.Ptx.Type;
        int From(int index) => o.From(Math.Min(index, count), type);
        var (isBFloat, relu, saturate) = (type is BF16 or BF16x2, o.Ptx.Has("relu"), o.Ptx.Has("sat"));
        Arithmetic whole = !relu && !saturate ? arithmetic : (a, b, c) =>
        {
            var value = arithmetic(a, b, c);
            if (saturate) return Rounding.Saturate(value);
            return value < 0 || (value == 0 && !double.IsNaN(value)) ? 0 : value;
        };
        return type.Bytes() == 2
            ? new HalfArithmetic<ushort>(o.To(0), From(1), From(2), From(3), 1, isBFloat, whole)
            : new HalfArithmetic<uint>(o.To(0), From(1), From(2), From(3), 2, isBFloat, whole);
    }

    private static Instruction Bitwise(Operands o, Func<uint, uint> function) => o.Ptx.Type.Bytes() == 2
        ? new Function<ushort>(o.To(0), o.From(1, B16), a => (ushort)function(a))
        : new Function<uint>(o.To(0), o.From(1, B32), function);

    private static Instruction? Compare(Operands o, bool isBFloat)
    {
        var read = Comparison.Read(o);
        if (TestOf(read.Word) is not { } test) return null;
        return o.Ptx.Type.Bytes() == 2
            ? new HalfCompare<ushort>(read, o.From(1, B16), o.From(2, B16), 1, isBFloat, test)
            : new HalfCompare<uint>(read, o.From(1, B32), o.From(2, B32), 2, isBFloat, test);
    }
}

/// <summary>Arithmetic of one or two numbers of half precision in each lane.</summary>
internal sealed unsafe class HalfArithmetic<T>(int to, int a, int b, int c, int parts, bool isBFloat, HalfDecoder.Arithmetic arithmetic) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var z = (T*)(warp.Registers + c);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var result = 0u;
            for (var part = 0; part < parts; part++)
            {
                var value = arithmetic(Part(x[i], part), Part(y[i], part), Part(z[i], part));
                result |= (uint)(isBFloat ? Rounding.ToBFloat(value) : Rounding.ToHalf(value)) << (16 * part);
            }

            r[i] = T.CreateTruncating(result);
        }
    }

    private double Part(T word, int part)
    {
        var bits = (ushort)(uint.CreateTruncating(word) >> (16 * part));
        return isBFloat ? Rounding.FromBFloat(bits) : Rounding.FromHalf(bits);
    }
}

/// <summary>Compares numbers of half precision; of pairs, the first predicate gets the lower one's result and the second the
/// upper one's.</summary>
internal sealed unsafe class HalfCompare<T>(Comparison read, int a, int b, int parts, bool isBFloat, Func<double, double, bool> test) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var (low, high) = (0u, 0u);
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            if (Holds(x[i], y[i], 0)) low |= 1u << i;
            if (parts == 2 && Holds(x[i], y[i], 1)) high |= 1u << i;
        }

        if (parts == 1) high = ~low;
        var other = read.With < 0 ? 0 : *(uint*)(warp.Registers + read.With) ^ (read.IsNegated ? uint.MaxValue : 0);
        if (read.To >= 0) Predicates.Set(warp, read.To, mask, Predicates.Join(low, other, read.Combine));
        if (read.Opposite >= 0) Predicates.Set(warp, read.Opposite, mask, Predicates.Join(high, other, read.Combine));
    }

    private bool Holds(T first, T second, int part)
    {
        var (a, b) = ((ushort)(uint.CreateTruncating(first) >> (16 * part)), (ushort)(uint.CreateTruncating(second) >> (16 * part)));
        return isBFloat ? test(Rounding.FromBFloat(a), Rounding.FromBFloat(b)) : test(Rounding.FromHalf(a), Rounding.FromHalf(b));
    }
}
