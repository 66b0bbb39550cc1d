using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes arithmetic and comparisons of floats and doubles; those of half precision are
/// <see cref="HalfDecoder"/>'s.</summary>
internal static class FloatDecoder
{
    public static Instruction? TryDecode(Operands o) => o.Ptx.Type switch
    {
        F32 when o.Ptx.Opcode is "setp" => CompareSingle(o),
        F64 when o.Ptx.Opcode is "setp" => CompareDouble(o),
        F32 when o.Ptx.Opcode != "cvt" && o.Ptx.TypeAt(1) == None => Single(o),
        F64 when o.Ptx.Opcode != "cvt" && o.Ptx.TypeAt(1) == None => Double(o),
        F16 or F16x2 or BF16 or BF16x2 => HalfDecoder.TryDecode(o),
        _ => null,
    };

    public static Round RoundOf(PtxInstruction ptx) =>
        ptx.Has("rz") ? Round.Zero : ptx.Has("rm") ? Round.Down : ptx.Has("rp") ? Round.Up : Round.Nearest;

    private static Instruction? Single(Operands o)
    {
        var round = RoundOf(o.Ptx);
        return o.Ptx.Opcode switch
        {
            "add" => round == Round.Nearest ? Binary<AddF32>(o) : Binary(o, (a, b) => DirectedSingle.Add(a, b, round)),
            "sub" => round == Round.Nearest ? Binary<SubtractF32>(o) : Binary(o, (a, b) => DirectedSingle.Add(a, -b, round)),
            "mul" => round == Round.Nearest ? Binary<MultiplyF32>(o) : Binary(o, (a, b) => DirectedSingle.Multiply(a, b, round)),
            "div" => round == Round.Nearest ? Binary<DivideF32>(o) : Binary(o, (a, b) => DirectedSingle.Divide(a, b, round)),
            "fma" or "mad" => round == Round.Nearest ? Ternary<FusedF32>(o) : Ternary(o, (a, b, c) => DirectedSingle.Fused(a, b, c, round)),
            "min" when !o.Ptx.Has("xorsign") => o.Ptx.Has("NaN") ? Binary<MinimumNanF32>(o) : Binary<MinimumF32>(o),
            "max" when !o.Ptx.Has("xorsign") => o.Ptx.Has("NaN") ? Binary<MaximumNanF32>(o) : Binary<MaximumF32>(o),
            "neg" when !o.Ptx.Has("ftz") => new Unary<uint, uint, NegateF32>(o.To(0), o.From(1, F32)),
            "abs" when !o.Ptx.Has("ftz") => new Unary<uint, uint, AbsoluteF32>(o.To(0), o.From(1, F32)),
            "neg" => Unary(o, a => -a),
            "abs" => Unary(o, MathF.Abs),
            "copysign" => new Function2<float>(o.To(0), o.From(1, F32), o.From(2, F32), (sign, size) => MathF.CopySign(size, sign)),
            "rcp" => Unary(o, a => DirectedSingle.Divide(1, a, round)),
            "sqrt" => Unary(o, a => DirectedSingle.SquareRoot(a, round)),
            "rsqrt" => Unary(o, a => (float)(1 / Math.Sqrt(a))),
            "sin" => Unary(o, a => (float)Math.Sin(a)),
            "cos" => Unary(o, a => (float)Math.Cos(a)),
            "ex2" => Unary(o, a => (float)Math.Pow(2, a)),
            "lg2" => Unary(o, a => (float)Math.Log2(a)),
            "tanh" => Unary(o, a => (float)Math.Tanh(a)),
            "testp" => Test(o, F32),
            _ => null,
        };
    }

    private static Instruction? Double(Operands o)
    {
        var round = RoundOf(o.Ptx);
        var isNearest = round == Round.Nearest;
        int To() => o.To(0);
        int From(int index) => o.From(index, F64);
        return o.Ptx.Opcode switch
        {
            "add" => isNearest ? new Binary<double, double, double, AddF64>(To(), From(1), From(2))
                : new Function2<double>(To(), From(1), From(2), (a, b) => DirectedDouble.Add(a, b, round)),
            "sub" => isNearest ? new Binary<double, double, double, SubtractF64>(To(), From(1), From(2))
                : new Function2<double>(To(), From(1), From(2), (a, b) => DirectedDouble.Add(a, -b, round)),
            "mul" => isNearest ? new Binary<double, double, double, MultiplyF64>(To(), From(1), From(2))
                : new Function2<double>(To(), From(1), From(2), (a, b) => DirectedDouble.Multiply(a, b, round)),
            "div" => isNearest ? new Binary<double, double, double, DivideF64>(To(), From(1), From(2))
                : new Function2<double>(To(), From(1), From(2), (a, b) => DirectedDouble.Divide(a, b, round)),
            "fma" or "mad" when isNearest => new Ternary<double, double, double, FusedF64>(To(), From(1), From(2), From(3)),
            "min" => new Binary<double, double, double, MinimumF64>(To(), From(1), From(2)),
            "max" => new Binary<double, double, double, MaximumF64>(To(), From(1), From(2)),
            "neg" => new Unary<ulong, ulong, NegateF64>(To(), From(1)),
            "abs" => new Unary<ulong, ulong, AbsoluteF64>(To(), From(1)),
            "copysign" => new Function2<double>(To(), From(1), From(2), (sign, size) => Math.CopySign(size, sign)),
            "rcp" => new Function<double>(To(), From(1), a => DirectedDouble.Divide(1, a, round)),
            "sqrt" => new Function<double>(To(), From(1), a => DirectedDouble.SquareRoot(a, round)),
            "rsqrt" => new Function<double>(To(), From(1), a => 1 / Math.Sqrt(a)),
            "testp" => Test(o, F64),
            _ => null,
        };
    }

    private static Instruction Binary<TOp>(Operands o)
        where TOp : struct, IBinary<float, float, float>
    {
        return (o.Ptx.Has("ftz"), o.Ptx.Has("sat")) switch
        {
            (false, false) => Make<TOp>(),
            (true, false) => Make<Flushed2<TOp>>(),
            (false, true) => Make<Saturated2<TOp>>(),
            _ => Make<Saturated2<Flushed2<TOp>>>(),
        };

        Instruction Make<T>()
            where T : struct, IBinary<float, float, float> => new Binary<float, float, float, T>(o.To(0), o.From(1, F32), o.From(2, F32));
    }

    private static Instruction Ternary<TOp>(Operands o)
        where TOp : struct, ITernary<float, float, float>
    {
        return (o.Ptx.Has("ftz"), o.Ptx.Has("sat")) switch
        {
            (false, false) => Make<TOp>(),
            (true, false) => Make<Flushed3<TOp>>(),
            (false, true) => Make<Saturated3<TOp>>(),
            _ => Make<Saturated3<Flushed3<TOp>>>(),
        };

        Instruction Make<T>()
            where T : struct, ITernary<float, float, float> =>
            new Ternary<float, float, float, T>(o.To(0), o.From(1, F32), o.From(2, F32), o.From(3, F32));
    }

    private static Function<float> Unary(Operands o, Func<float, float> function)
    {
        var (flush, saturate) = (o.Ptx.Has("ftz"), o.Ptx.Has("sat"));
        return new(o.To(0), o.From(1, F32), a => End(function(flush ? Rounding.Flush(a) : a), flush, saturate));
    }

    private static Function2<float> Binary(Operands o, Func<float, float, float> function)
    {
        var (flush, saturate) = (o.Ptx.Has("ftz"), o.Ptx.Has("sat"));
        return new(o.To(0), o.From(1, F32), o.From(2, F32), (a, b) =>
            End(flush ? function(Rounding.Flush(a), Rounding.Flush(b)) : function(a, b), flush, saturate));
    }

    private static Function3<float> Ternary(Operands o, Func<float, float, float, float> function)
    {
        var (flush, saturate) = (o.Ptx.Has("ftz"), o.Ptx.Has("sat"));
        return new(o.To(0), o.From(1, F32), o.From(2, F32), o.From(3, F32), (a, b, c) =>
            End(flush ? function(Rounding.Flush(a), Rounding.Flush(b), Rounding.Flush(c)) : function(a, b, c), flush, saturate));
    }

    private static float End(float value, bool flush, bool saturate)
    {
        if (flush) value = Rounding.Flush(value);
        return saturate ? Rounding.Saturate(value) : Rounding.Canonical(value);
    }

    private static Instruction? Test(Operands o, PtxType type)
    {
        Func<double, bool>? test = o.Ptx.Modifiers[0] switch
        {
            "finite" => double.IsFinite,
            "infinite" => double.IsInfinity,
            "number" => a => !double.IsNaN(a),
            "notanumber" => double.IsNaN,
            "normal" => a => type == F32 ? float.IsNormal((float)a) : double.IsNormal(a),
            "subnormal" => a => type == F32 ? float.IsSubnormal((float)a) : double.IsSubnormal(a),
            _ => null,
        };
        return test is null ? null
            : type == F32 ? new TestValue<float>(o.To(0), o.From(1, F32), a => test(a)) : new TestValue<double>(o.To(0), o.From(1, F64), test);
    }

    private static Instruction? CompareSingle(Operands o)
    {
        var test = Comparison.Read(o);
        return test.Word switch
        {
            "eq" => Make<FloatEqual>(false),
            "ne" => Make<FloatLessOrGreater>(false),
            "lt" => Make<FloatLess>(false),
            "le" => Make<FloatLessOrEqual>(false),
            "gt" => Make<Reversed<float, FloatLess>>(false),
            "ge" => Make<Reversed<float, FloatLessOrEqual>>(false),
            "equ" => Make<FloatLessOrGreater>(true),
            "neu" => Make<FloatEqual>(true),
            "ltu" => Make<Reversed<float, FloatLessOrEqual>>(true),
            "leu" => Make<Reversed<float, FloatLess>>(true),
            "gtu" => Make<FloatLessOrEqual>(true),
            "geu" => Make<FloatLess>(true),
            "num" => Make<FloatOrdered>(false),
            "nan" => Make<FloatOrdered>(true),
            _ => null,
        };

        Instruction Make<TOp>(bool isOpposite)
            where TOp : struct, IBinary<float, float, bool> => (o.Ptx.Has("ftz"), isOpposite) switch
            {
                (false, false) => test.Make<float, TOp>(o),
                (true, false) => test.Make<float, FlushedTest<TOp>>(o),
                (false, true) => test.Make<float, Opposite<float, TOp>>(o),
                _ => test.Make<float, Opposite<float, FlushedTest<TOp>>>(o),
            };
    }

    private static Instruction? CompareDouble(Operands o)
    {
        var test = Comparison.Read(o);
        return test.Word switch
        {
            "eq" => test.Make<double, DoubleEqual>(o),
            "ne" => test.Make<double, DoubleLessOrGreater>(o),
            "lt" => test.Make<double, DoubleLess>(o),
            "le" => test.Make<double, DoubleLessOrEqual>(o),
            "gt" => test.Make<double, Reversed<double, DoubleLess>>(o),
            "ge" => test.Make<double, Reversed<double, DoubleLessOrEqual>>(o),
            "equ" => test.Make<double, Opposite<double, DoubleLessOrGreater>>(o),
            "neu" => test.Make<double, Opposite<double, DoubleEqual>>(o),
            "ltu" => test.Make<double, Opposite<double, Reversed<double, DoubleLessOrEqual>>>(o),
            "leu" => test.Make<double, Opposite<double, Reversed<double, DoubleLess>>>(o),
            "gtu" => test.Make<double, Opposite<double, DoubleLessOrEqual>>(o),
            "geu" => test.Make<double, Opposite<double, DoubleLess>>(o),
            "num" => test.Make<double, DoubleOrdered>(o),
            "nan" => test.Make<double, Opposite<double, DoubleOrdered>>(o),
            _ => null,
        };
    }
}
