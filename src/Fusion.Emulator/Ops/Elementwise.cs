using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Arithmetic of one value.</summary>
internal interface IUnary<T, TResult>
{
    static abstract TResult Do(T a);
}

/// <summary>Arithmetic of two values.</summary>
internal interface IBinary<T, TSecond, TResult>
{
    static abstract TResult Do(T a, TSecond b);
}

/// <summary>Arithmetic of three values.</summary>
internal interface ITernary<T, TThird, TResult>
{
    static abstract TResult Do(T a, T b, TThird c);
}

/// <summary>Does arithmetic of one value in each lane.</summary>
internal sealed unsafe class Unary<T, TResult, TOp>(int to, int a) : Instruction
    where T : unmanaged
    where TResult : unmanaged
    where TOp : struct, IUnary<T, TResult>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        if (mask == uint.MaxValue)
        {
            for (var i = 0; i < 32; i++) r[i] = TOp.Do(x[i]);
            return;
        }

        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = TOp.Do(x[i]);
        }
    }
}

/// <summary>Does arithmetic of two values in each lane.</summary>
internal sealed unsafe class Binary<T, TSecond, TResult, TOp>(int to, int a, int b) : Instruction
    where T : unmanaged
    where TSecond : unmanaged
    where TResult : unmanaged
    where TOp : struct, IBinary<T, TSecond, TResult>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (TSecond*)(warp.Registers + b);
        if (mask == uint.MaxValue)
        {
            for (var i = 0; i < 32; i++) r[i] = TOp.Do(x[i], y[i]);
            return;
        }

        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = TOp.Do(x[i], y[i]);
        }
    }
}

/// <summary>Does arithmetic of three values in each lane.</summary>
internal sealed unsafe class Ternary<T, TThird, TResult, TOp>(int to, int a, int b, int c) : Instruction
    where T : unmanaged
    where TThird : unmanaged
    where TResult : unmanaged
    where TOp : struct, ITernary<T, TThird, TResult>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var z = (TThird*)(warp.Registers + c);
        if (mask == uint.MaxValue)
        {
            for (var i = 0; i < 32; i++) r[i] = TOp.Do(x[i], y[i], z[i]);
            return;
        }

        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = TOp.Do(x[i], y[i], z[i]);
        }
    }
}

/// <summary>Compares two values in each lane; the results of the warp are one word.</summary>
/// <param name="to">Predicate that gets the result; -1 for none.</param>
/// <param name="opposite">Predicate that gets the opposite; -1 for none.</param>
/// <param name="a">First value.</param>
/// <param name="b">Second value.</param>
/// <param name="with">Predicate with which the result is combined; -1 for none.</param>
/// <param name="isNegated">Whether that predicate is negated.</param>
/// <param name="combine">How they are combined.</param>
internal sealed unsafe class Compare<T, TOp>(int to, int opposite, int a, int b, int with, bool isNegated, Combine combine) : Instruction
    where T : unmanaged
    where TOp : struct, IBinary<T, T, bool>
{
    public override void Run(Warp warp, uint mask)
    {
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var found = 0u;
        if (mask == uint.MaxValue)
        {
            for (var i = 0; i < 32; i++) found |= (TOp.Do(x[i], y[i]) ? 1u : 0) << i;
        }
        else
        {
            for (var left = mask; left != 0; left &= left - 1)
            {
                var i = BitOperations.TrailingZeroCount(left);
                found |= (TOp.Do(x[i], y[i]) ? 1u : 0) << i;
            }
        }

        var other = with < 0 ? 0 : *(uint*)(warp.Registers + with) ^ (isNegated ? uint.MaxValue : 0);
        if (to >= 0) Predicates.Set(warp, to, mask, Predicates.Join(found, other, combine));
        if (opposite >= 0) Predicates.Set(warp, opposite, mask, Predicates.Join(~found, other, combine));
    }
}

/// <summary>How the result of a comparison is combined with a predicate.</summary>
internal enum Combine
{
    None, And, Or, Xor,
}

/// <summary>Predicates: a word with a bit a lane.</summary>
internal static unsafe class Predicates
{
    public static void Set(Warp warp, int slot, uint mask, uint value)
    {
        var word = (uint*)(warp.Registers + slot);
        *word = (*word & ~mask) | (value & mask);
    }

    public static uint Join(uint found, uint other, Combine combine) => combine switch
    {
        Combine.And => found & other,
        Combine.Or => found | other,
        Combine.Xor => found ^ other,
        _ => found,
    };
}

/// <summary>Arithmetic of predicates.</summary>
internal sealed unsafe class PredicateOp(int to, int a, bool isNegated, int b, bool otherIsNegated, Combine combine) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var x = *(uint*)(warp.Registers + a) ^ (isNegated ? uint.MaxValue : 0);
        var y = b < 0 ? 0 : *(uint*)(warp.Registers + b) ^ (otherIsNegated ? uint.MaxValue : 0);
        Predicates.Set(warp, to, mask, Predicates.Join(x, y, combine));
    }
}

/// <summary>Chooses one of two values in each lane.</summary>
internal sealed unsafe class Choose<T>(int to, int a, int b, int predicate, bool isNegated) : Instruction
    where T : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var chosen = *(uint*)(warp.Registers + predicate) ^ (isNegated ? uint.MaxValue : 0);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            r[i] = (chosen >> i & 1) != 0 ? x[i] : y[i];
        }
    }
}
