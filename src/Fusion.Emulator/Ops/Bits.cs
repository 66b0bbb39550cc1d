using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

internal readonly struct PopulationCount<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    public static uint Do(T a) => uint.CreateTruncating(T.PopCount(a));
}

internal readonly struct LeadingZeros<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    public static uint Do(T a) => uint.CreateTruncating(T.LeadingZeroCount(a));
}

/// <summary>Number of the highest bit that is not the sign's; all ones if there is none.</summary>
internal readonly struct FindHighest<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    public static unsafe uint Do(T a)
    {
        if (a < T.Zero) a = ~a;
        return a == T.Zero ? uint.MaxValue : (uint)((sizeof(T) * 8) - 1) - uint.CreateTruncating(T.LeadingZeroCount(a));
    }
}

/// <summary>The same, as the number of places by which a shift to the left would bring it to the top.</summary>
internal readonly struct FindHighestShift<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    public static unsafe uint Do(T a) => FindHighest<T>.Do(a) is var found && found == uint.MaxValue ? found : (uint)((sizeof(T) * 8) - 1) - found;
}

/// <summary>Extracts a field of bits, with its sign if the type has one.</summary>
internal sealed unsafe class ExtractField<T>(int to, int a, int position, int length) : Instruction
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var p = (uint*)(warp.Registers + position);
        var n = (uint*)(warp.Registers + length);
        var top = (sizeof(T) * 8) - 1;
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var (start, count) = ((int)(p[i] & 0xFF), (int)(n[i] & 0xFF));
            var value = ulong.CreateTruncating(x[i]);
            var isSigned = T.MinValue != T.Zero;
            var sign = isSigned && count > 0 && (value >> Math.Min(start + count - 1, top) & 1) != 0;
            var taken = start > top ? 0 : value >> start;
            if (sizeof(T) == 4 && start <= top) taken = (uint)value >> start;
            // Bits of the field that are beyond the value are its sign.
            var here = Math.Max(0, Math.Min(count, top + 1 - start));
            var bits = here >= 64 ? ulong.MaxValue : (1UL << here) - 1;
            r[i] = T.CreateTruncating((taken & bits) | (sign ? ~bits : 0));
        }
    }
}

/// <summary>Puts a field of bits into a value.</summary>
internal sealed unsafe class InsertField<T>(int to, int a, int b, int position, int length) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var p = (uint*)(warp.Registers + position);
        var n = (uint*)(warp.Registers + length);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var (start, count) = ((int)(p[i] & 0xFF), (int)(n[i] & 0xFF));
            var width = sizeof(T) * 8;
            var bits = count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
            bits = start >= width ? 0 : bits << start;
            var field = start >= width ? 0 : ulong.CreateTruncating(x[i]) << start;
            r[i] = T.CreateTruncating((ulong.CreateTruncating(y[i]) & ~bits) | (field & bits));
        }
    }
}

/// <summary>Any function of three bits, for each bit of three words.</summary>
internal sealed unsafe class ThreeInputLogic(int to, int a, int b, int c, byte table) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (uint*)(warp.Registers + to);
        var x = (uint*)(warp.Registers + a);
        var y = (uint*)(warp.Registers + b);
        var z = (uint*)(warp.Registers + c);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var result = 0u;
            for (var row = 0; row < 8; row++)
            {
                if ((table >> row & 1) == 0) continue;
                result |= ((row & 4) != 0 ? x[i] : ~x[i]) & ((row & 2) != 0 ? y[i] : ~y[i]) & ((row & 1) != 0 ? z[i] : ~z[i]);
            }

            r[i] = result;
        }
    }
}

/// <summary>Shifts two words as one of 64 bits: the upper word of a shift to the left, the lower one of a shift to the
/// right.</summary>
internal sealed unsafe class FunnelShift(int to, int low, int high, int by, bool isLeft, bool isClamped) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (uint*)(warp.Registers + to);
        var x = (uint*)(warp.Registers + low);
        var y = (uint*)(warp.Registers + high);
        var z = (uint*)(warp.Registers + by);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var n = (int)(isClamped ? Math.Min(z[i], 32) : z[i] & 31);
            var both = ((ulong)y[i] << 32) | x[i];
            r[i] = isLeft ? (uint)(n == 32 ? x[i] : both << n >> 32) : (uint)(both >> n);
        }
    }
}

/// <summary>Picks four of the eight bytes of two words.</summary>
internal sealed unsafe class PermuteBytes(int to, int a, int b, int selector, string mode) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (uint*)(warp.Registers + to);
        var x = (uint*)(warp.Registers + a);
        var y = (uint*)(warp.Registers + b);
        var z = (uint*)(warp.Registers + selector);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var bytes = ((ulong)y[i] << 32) | x[i];
            var picks = mode.Length == 0 ? z[i] : Selector(z[i] & 3);
            var result = 0u;
            for (var at = 0; at < 4; at++)
            {
                var pick = picks >> (4 * at) & 0xF;
                var value = (uint)(bytes >> (int)(8 * (pick & 7))) & 0xFF;
                if ((pick & 8) != 0 && mode.Length == 0) value = (value & 0x80) != 0 ? 0xFFu : 0;
                result |= value << (8 * at);
            }

            r[i] = result;
        }
    }

    private uint Selector(uint control) => (mode, control) switch
    {
        ("f4e", 0) => 0x3210,
        ("f4e", 1) => 0x4321,
        ("f4e", 2) => 0x5432,
        ("f4e", _) => 0x6543,
        ("b4e", 0) => 0x5670,
        ("b4e", 1) => 0x6701,
        ("b4e", 2) => 0x7012,
        ("b4e", _) => 0x0123,
        ("rc8", 0) => 0x0000,
        ("rc8", 1) => 0x1111,
        ("rc8", 2) => 0x2222,
        ("rc8", _) => 0x3333,
        ("ecl", 0) => 0x3210,
        ("ecl", 1) => 0x3211,
        ("ecl", 2) => 0x3222,
        ("ecl", _) => 0x3333,
        ("ecr", 0) => 0x0000,
        ("ecr", 1) => 0x1110,
        ("ecr", 2) => 0x2210,
        ("ecr", _) => 0x3210,
        ("rc16", 0 or 2) => 0x1010,
        _ => 0x3232,
    };
}

/// <summary>Dot product of four bytes, or of two half-words with two bytes, and a sum.</summary>
internal sealed unsafe class DotProduct(int to, int a, int b, int c, bool aIsSigned, bool bIsSigned, int bytes, bool isHigh) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (uint*)(warp.Registers + to);
        var x = (uint*)(warp.Registers + a);
        var y = (uint*)(warp.Registers + b);
        var z = (uint*)(warp.Registers + c);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            long sum = z[i];
            for (var at = 0; at < bytes; at++)
            {
                var first = bytes == 4 ? Byte(x[i], at, aIsSigned) : aIsSigned ? (short)(x[i] >> (16 * at)) : (ushort)(x[i] >> (16 * at));
                sum += (long)first * Byte(y[i], at + (isHigh ? 2 : 0), bIsSigned);
            }

            r[i] = unchecked((uint)sum);
        }
    }

    private static int Byte(uint word, int at, bool isSigned) => isSigned ? (sbyte)(word >> (8 * at)) : (byte)(word >> (8 * at));
}

/// <summary>Addition or subtraction with a carry from one instruction to the next, as for numbers of several words.</summary>
internal sealed unsafe class CarryOp<T>(int to, int a, int b, int carry, bool subtracts, bool takes, bool gives) : Instruction
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (T*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        var carries = *(uint*)(warp.Registers + carry);
        var result = 0u;
        for (var left = mask; left != 0; left &= left - 1)
        {
            var i = BitOperations.TrailingZeroCount(left);
            UInt128 first = ulong.CreateTruncating(x[i]), second = ulong.CreateTruncating(subtracts ? ~y[i] : y[i]);
            // A borrow is no carry: a difference starts with one.
            UInt128 start = takes ? carries >> i & 1 : subtracts ? 1u : 0u;
            var sum = first + second + start;
            r[i] = T.CreateTruncating(sum);
            result |= (uint)(sum >> (sizeof(T) * 8) & 1) << i;
        }

        if (gives) Predicates.Set(warp, carry, mask, result);
    }
}
