using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes atomic operations and reductions.</summary>
internal static class AtomicDecoder
{
    public static Instruction? TryDecode(Operands o, int to, int address)
    {
        var type = o.Ptx.Type;
        if (o[address + 1].Kind == OperandKind.Vector) return null;
        var operation = o.Ptx.Modifiers.FirstOrDefault(word => word is "add" or "min" or "max" or "inc" or "dec" or "and" or "or" or "xor" or "exch" or "cas");
        return type switch
        {
            U32 or S32 or B32 => Of(operation, type == S32 ? Integer<int, uint>(operation) : Integer<uint, uint>(operation)),
            U64 or S64 or B64 => Of(operation, type == S64 ? Integer<long, ulong>(operation) : Integer<ulong, ulong>(operation)),
            B16 => Of(operation, operation == "cas" ? Integer<ushort, ushort>(operation) : null),
            F32 when operation == "add" => Of<uint>(operation, (old, x, _) =>
                BitConverter.SingleToUInt32Bits(AddF32.Do(BitConverter.UInt32BitsToSingle(old), BitConverter.UInt32BitsToSingle(x)))),
            F64 when operation == "add" => Of<ulong>(operation, (old, x, _) =>
                BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(old) + BitConverter.UInt64BitsToDouble(x))),
            F16 or BF16 when Half(operation) is { } half => Of<ushort>(operation, (old, x, _) => Round(type, half(Value(type, old), Value(type, x)))),
            F16x2 or BF16x2 when Half(operation) is { } half => Of<uint>(operation, (old, x, _) =>
                ((uint)Round(type, half(Value(type, old >> 16), Value(type, x >> 16))) << 16) | Round(type, half(Value(type, old), Value(type, x)))),
            _ => null,
        };

        Instruction? Of<T>(string? name, Func<T, T, T, T>? change)
            where T : unmanaged, IBinaryInteger<T>
        {
            if (change is null) return null;
            var (place, operand) = (MemoryDecoder.AddressOf(o, address), o.From(address + 1, type));
            var second = name == "cas" ? o.From(address + 2, type) : operand;
            return MemoryDecoder.SpaceOf(o, address) switch
            {
                PtxSpace.Global => new Atomic<T, GlobalSpace>(to, place, operand, second, change),
                PtxSpace.Shared => new Atomic<T, SharedSpace>(to, place, operand, second, change),
                PtxSpace.Generic => new Atomic<T, GenericSpace>(to, place, operand, second, change),
                _ => null,
            };
        }
    }

    // T is how the operation sees the bits of TBits.
    private static Func<TBits, TBits, TBits, TBits>? Integer<T, TBits>(string? operation)
        where T : unmanaged, IBinaryInteger<T>
        where TBits : unmanaged, IBinaryInteger<TBits>
    {
        return operation switch
        {
            "add" => (old, x, _) => unchecked(old + x),
            "and" => (old, x, _) => old & x,
            "or" => (old, x, _) => old | x,
            "xor" => (old, x, _) => old ^ x,
            "exch" => (_, x, _) => x,
            "cas" => (old, x, y) => old == x ? y : old,
            "min" => (old, x, _) => As(old) < As(x) ? old : x,
            "max" => (old, x, _) => As(old) > As(x) ? old : x,
            "inc" => (old, x, _) => old >= x ? TBits.Zero : old + TBits.One,
            "dec" => (old, x, _) => old == TBits.Zero || old > x ? x : old - TBits.One,
            _ => null,
        };

        static T As(TBits bits) => T.CreateTruncating(bits);
    }

    private static Func<double, double, double>? Half(string? operation) => operation switch
    {
        "add" => (a, b) => Rounding.ToOdd(Rounding.Sum(a, b)),
        "min" => double.MinNumber,
        "max" => double.MaxNumber,
        _ => null,
    };

    private static double Value(PtxType type, uint bits) =>
        type is F16 or F16x2 ? Rounding.FromHalf((ushort)bits) : Rounding.FromBFloat((ushort)bits);

    private static ushort Round(PtxType type, double value) => type is F16 or F16x2 ? Rounding.ToHalf(value) : Rounding.ToBFloat(value);
}
