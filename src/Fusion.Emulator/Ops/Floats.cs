using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Arithmetic of two floats, whose NaN is the hardware's.</summary>
internal readonly struct AddF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(a + b);
}

internal readonly struct SubtractF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(a - b);
}

internal readonly struct MultiplyF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(a * b);
}

internal readonly struct DivideF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(a / b);
}

internal readonly struct FusedF32 : ITernary<float, float, float>
{
    public static float Do(float a, float b, float c) => Rounding.Canonical(MathF.FusedMultiplyAdd(a, b, c));
}

/// <summary>The smaller number; a number if one operand is NaN; -0 is below +0.</summary>
internal readonly struct MinimumF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(float.MinNumber(a, b));
}

internal readonly struct MaximumF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(float.MaxNumber(a, b));
}

/// <summary>The smaller number; NaN if one operand is.</summary>
internal readonly struct MinimumNanF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(MathF.Min(a, b));
}

internal readonly struct MaximumNanF32 : IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Canonical(MathF.Max(a, b));
}

internal readonly struct AddF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => a + b;
}

internal readonly struct SubtractF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => a - b;
}

internal readonly struct MultiplyF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => a * b;
}

internal readonly struct DivideF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => a / b;
}

internal readonly struct FusedF64 : ITernary<double, double, double>
{
    public static double Do(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);
}

internal readonly struct MinimumF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => double.MinNumber(a, b);
}

internal readonly struct MaximumF64 : IBinary<double, double, double>
{
    public static double Do(double a, double b) => double.MaxNumber(a, b);
}

internal readonly struct NegateF32 : IUnary<uint, uint>
{
    public static uint Do(uint a) => a ^ 0x8000_0000;
}

internal readonly struct AbsoluteF32 : IUnary<uint, uint>
{
    public static uint Do(uint a) => a & 0x7FFF_FFFF;
}

internal readonly struct NegateF64 : IUnary<ulong, ulong>
{
    public static ulong Do(ulong a) => a ^ 0x8000_0000_0000_0000;
}

internal readonly struct AbsoluteF64 : IUnary<ulong, ulong>
{
    public static ulong Do(ulong a) => a & 0x7FFF_FFFF_FFFF_FFFF;
}

/// <summary>A function of one float or double. The approximations of PTX are computed in double and rounded once: within the
/// manual's bounds, and not always the bits of a GPU.</summary>
internal sealed unsafe class Function<T>(int to, int a, Func<T, T> function) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            r[i] = function(x[i]);
        }
    }
}

/// <summary>A function of two values.</summary>
internal sealed unsafe class Function2<T>(int to, int a, int b, Func<T, T, T> function) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            r[i] = function(x[i], y[i]);
        }
    }
}

/// <summary>A function of three values.</summary>
internal sealed unsafe class Function3<T>(int to, int a, int b, int c, Func<T, T, T, T> function) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var z = (T*)(warp.Registers + c);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            r[i] = function(x[i], y[i], z[i]);
        }
    }
}

internal readonly struct FloatEqual : IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => a == b;
}

internal readonly struct FloatLess : IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => a < b;
}

internal readonly struct FloatLessOrEqual : IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => a <= b;
}

internal readonly struct FloatLessOrGreater : IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => a < b || a > b;
}

internal readonly struct FloatOrdered : IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => !float.IsNaN(a) && !float.IsNaN(b);
}

internal readonly struct DoubleEqual : IBinary<double, double, bool>
{
    public static bool Do(double a, double b) => a == b;
}

internal readonly struct DoubleLess : IBinary<double, double, bool>
{
    public static bool Do(double a, double b) => a < b;
}

internal readonly struct DoubleLessOrEqual : IBinary<double, double, bool>
{
    public static bool Do(double a, double b) => a <= b;
}

internal readonly struct DoubleLessOrGreater : IBinary<double, double, bool>
{
    public static bool Do(double a, double b) => a < b || a > b;
}

internal readonly struct DoubleOrdered : IBinary<double, double, bool>
{
    public static bool Do(double a, double b) => !double.IsNaN(a) && !double.IsNaN(b);
}

/// <summary>Operands are flushed before a comparison.</summary>
internal readonly struct FlushedTest<TOp> : IBinary<float, float, bool>
    where TOp : struct, IBinary<float, float, bool>
{
    public static bool Do(float a, float b) => TOp.Do(Rounding.Flush(a), Rounding.Flush(b));
}

/// <summary>The opposite of a comparison.</summary>
internal readonly struct Opposite<T, TOp> : IBinary<T, T, bool>
    where TOp : struct, IBinary<T, T, bool>
{
    public static bool Do(T a, T b) => !TOp.Do(a, b);
}

/// <summary>A comparison with its operands exchanged.</summary>
internal readonly struct Reversed<T, TOp> : IBinary<T, T, bool>
    where TOp : struct, IBinary<T, T, bool>
{
    public static bool Do(T a, T b) => TOp.Do(b, a);
}

/// <summary>Tests one value in each lane.</summary>
internal sealed unsafe class TestValue<T>(int to, int a, Func<T, bool> test) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var x = (T*)(warp.Registers + a);
        var found = 0u;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(left);
            if (test(x[i])) found |= 1u << i;
        }

        Predicates.Set(warp, to, mask, found);
    }
}
