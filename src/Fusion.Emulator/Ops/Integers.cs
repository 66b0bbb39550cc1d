using System.Numerics;

namespace Fusion.Emulation.Ops;

/// <summary>Arithmetic of two integers of any size.</summary>
internal interface IIntegerBinary
{
    static abstract T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>;
}

/// <summary>Arithmetic of one integer of any size.</summary>
internal interface IIntegerUnary
{
    static abstract T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>;
}

/// <summary>Comparison of two integers of any size.</summary>
internal interface IIntegerTest
{
    static abstract bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>;
}

internal readonly struct IntegerBinary<T, TOp> : IBinary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    where TOp : struct, IIntegerBinary
{
    public static T Do(T a, T b) => TOp.Do(a, b);
}

internal readonly struct IntegerUnary<T, TOp> : IUnary<T, T>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    where TOp : struct, IIntegerUnary
{
    public static T Do(T a) => TOp.Do(a);
}

internal readonly struct IntegerTest<T, TOp> : IBinary<T, T, bool>
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    where TOp : struct, IIntegerTest
{
    public static bool Do(T a, T b) => TOp.Do(a, b);
}

internal readonly struct Add : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => unchecked(a + b);
}

internal readonly struct Subtract : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => unchecked(a - b);
}

internal readonly struct MultiplyLow : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => unchecked(a * b);
}

/// <summary>Quotient; of a division by 0, which PTX leaves open, all ones, as on the hardware.</summary>
internal readonly struct Divide : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
        b == T.Zero ? ~T.Zero : T.MinValue != T.Zero && b == ~T.Zero ? unchecked(-a) : a / b;
}

internal readonly struct Remainder : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> =>
        b == T.Zero ? a : T.MinValue != T.Zero && b == ~T.Zero ? T.Zero : a % b;
}

internal readonly struct Minimum : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a < b ? a : b;
}

internal readonly struct Maximum : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a > b ? a : b;
}

internal readonly struct And : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a & b;
}

internal readonly struct Or : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a | b;
}

internal readonly struct ExclusiveOr : IIntegerBinary
{
    public static T Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a ^ b;
}

internal readonly struct Not : IIntegerUnary
{
    public static T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => ~a;
}

internal readonly struct LogicalNot : IIntegerUnary
{
    public static T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a == T.Zero ? T.One : T.Zero;
}

internal readonly struct Negate : IIntegerUnary
{
    public static T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => unchecked(T.Zero - a);
}

internal readonly struct Absolute : IIntegerUnary
{
    public static T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a < T.Zero ? unchecked(T.Zero - a) : a;
}

internal readonly struct ReverseBits : IIntegerUnary
{
    public static T Do<T>(T a) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var (from, to) = (ulong.CreateTruncating(a), 0UL);
        var bits = int.CreateTruncating(T.PopCount(~T.Zero));
        for (var i = 0; i < bits; i++, from >>= 1) to = (to << 1) | (from & 1);
        return T.CreateTruncating(to);
    }
}

internal readonly struct Equal : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a == b;
}

internal readonly struct NotEqual : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a != b;
}

internal readonly struct Less : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a < b;
}

internal readonly struct LessOrEqual : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a <= b;
}

internal readonly struct Greater : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a > b;
}

internal readonly struct GreaterOrEqual : IIntegerTest
{
    public static bool Do<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => a >= b;
}

/// <summary>Shift to the left; by the width or more, 0.</summary>
internal readonly struct ShiftLeft<T> : IBinary<T, uint, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static unsafe T Do(T a, uint b) => b >= sizeof(T) * 8 ? T.Zero : a << (int)b;
}

/// <summary>Shift to the right, with the sign if the type has one; by the width or more, as by all bits.</summary>
internal readonly struct ShiftRight<T> : IBinary<T, uint, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static unsafe T Do(T a, uint b) => b < sizeof(T) * 8 ? a >> (int)b : a < T.Zero ? ~T.Zero : T.Zero;
}

/// <summary>Upper half of a product.</summary>
internal readonly struct MultiplyHigh<T> : IBinary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static unsafe T Do(T a, T b) => T.CreateTruncating((Int128.CreateTruncating(a) * Int128.CreateTruncating(b)) >> (sizeof(T) * 8));
}

/// <summary>Whole product, twice as wide.</summary>
internal readonly struct MultiplyWide<T, TWide> : IBinary<T, T, TWide>
    where T : unmanaged, IBinaryInteger<T>
    where TWide : unmanaged, IBinaryInteger<TWide>
{
    public static TWide Do(T a, T b) => unchecked(TWide.CreateTruncating(a) * TWide.CreateTruncating(b));
}

internal readonly struct MultiplyAddWide<T, TWide> : ITernary<T, TWide, TWide>
    where T : unmanaged, IBinaryInteger<T>
    where TWide : unmanaged, IBinaryInteger<TWide>
{
    public static TWide Do(T a, T b, TWide c) => unchecked((TWide.CreateTruncating(a) * TWide.CreateTruncating(b)) + c);
}

internal readonly struct MultiplyAddLow<T> : ITernary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Do(T a, T b, T c) => unchecked((a * b) + c);
}

internal readonly struct MultiplyAddHigh<T> : ITernary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Do(T a, T b, T c) => unchecked(MultiplyHigh<T>.Do(a, b) + c);
}

/// <summary>Sum of absolute differences.</summary>
internal readonly struct SumOfDifferences<T> : ITernary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    public static T Do(T a, T b, T c) => unchecked(c + (a < b ? b - a : a - b));
}

internal readonly struct AddSaturated : IBinary<int, int, int>
{
    public static int Do(int a, int b) => (int)Math.Clamp((long)a + b, int.MinValue, int.MaxValue);
}

internal readonly struct SubtractSaturated : IBinary<int, int, int>
{
    public static int Do(int a, int b) => (int)Math.Clamp((long)a - b, int.MinValue, int.MaxValue);
}
