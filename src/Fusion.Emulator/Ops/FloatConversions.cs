using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes conversions between formats of floats.</summary>
internal static class FloatConversions
{
    private static readonly HashSet<string> Known =
        ["rn", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi", "ftz", "sat", "relu", "satfinite", "rna"];

    public static Instruction? TryDecode(Operands o, PtxType to, PtxType from)
    {
        if (o.Ptx.Modifiers[..^2].Any(word => !Known.Contains(word))) return null;
        var integral = o.Ptx.Has("rni") ? Round.Nearest : o.Ptx.Has("rzi") ? Round.Zero : o.Ptx.Has("rmi") ? Round.Down : Round.Up;
        var isIntegral = o.Ptx.Modifiers.Any(word => word is "rni" or "rzi" or "rmi" or "rpi");
        var round = isIntegral ? Round.Nearest : FloatDecoder.RoundOf(o.Ptx);
        var (flush, saturate) = (o.Ptx.Has("ftz"), o.Ptx.Has("sat"));
        var (relu, finite) = (o.Ptx.Has("relu"), o.Ptx.Has("satfinite"));
        var (towardsZero, tiesAway) = (o.Ptx.Has("rz"), o.Ptx.Has("rna"));
        if (round is Round.Down or Round.Up && to is not (F32 or F64)) return null;
        var slot = o.To(0);

        return (to, from) switch
        {
            (F32, F32) => new Convert<float, float>(slot, o.From(1, F32), a => ToSingle(a)),
            (F32, F64) => new Convert<double, float>(slot, o.From(1, F64), a => ToSingle(a)),
            (F32, F16) => new Convert<ushort, float>(slot, o.From(1, B16), a => ToSingle(Rounding.FromHalf(a))),
            (F32, BF16) => new Convert<ushort, float>(slot, o.From(1, B16), a => ToSingle(Rounding.FromBFloat(a))),
            (F64, F32) => new Convert<float, double>(slot, o.From(1, F32), a => ToDouble(flush ? Rounding.Flush(a) : a)),
            (F64, F64) => new Convert<double, double>(slot, o.From(1, F64), ToDouble),
            (F64, F16) => new Convert<ushort, double>(slot, o.From(1, B16), a => ToDouble(Rounding.FromHalf(a))),
            (F64, BF16) => new Convert<ushort, double>(slot, o.From(1, B16), a => ToDouble(Rounding.FromBFloat(a))),
            (F16, F32) => new Convert<float, ushort>(slot, o.From(1, F32), a => ToHalf(flush ? Rounding.Flush(a) : a)),
            (F16, F64) => new Convert<double, ushort>(slot, o.From(1, F64), ToHalf),
            (F16, F16) => new Convert<ushort, ushort>(slot, o.From(1, B16), a => ToHalf(Rounding.FromHalf(a))),
            (F16, BF16) => new Convert<ushort, ushort>(slot, o.From(1, B16), a => ToHalf(Rounding.FromBFloat(a))),
            (BF16, F32) => new Convert<float, ushort>(slot, o.From(1, F32), a => ToBFloat(flush ? Rounding.Flush(a) : a)),
            (BF16, F64) => new Convert<double, ushort>(slot, o.From(1, F64), ToBFloat),
            (BF16, F16) => new Convert<ushort, ushort>(slot, o.From(1, B16), a => ToBFloat(Rounding.FromHalf(a))),
            (BF16, BF16) => new Convert<ushort, ushort>(slot, o.From(1, B16), a => ToBFloat(Rounding.FromBFloat(a))),
            (F16x2, F32) when o.Count == 3 => new Convert2<float, uint>(slot, o.From(1, F32), o.From(2, F32), (high, low) =>
                ((uint)ToHalf(high) << 16) | ToHalf(low)),
            (BF16x2, F32) when o.Count == 3 => new Convert2<float, uint>(slot, o.From(1, F32), o.From(2, F32), (high, low) =>
                ((uint)ToBFloat(high) << 16) | ToBFloat(low)),
            (TF32, F32) => new Convert<uint, uint>(
                slot, o.From(1, B32), a => SmallFloat.ToTf32(a, towardsZero, tiesAway, relu)),
            (E4M3x2 or E5M2x2 or E2M3x2 or E3M2x2, F32) when finite && o.Count == 3 => new Convert2<float, ushort>(
                slot, o.From(1, F32), o.From(2, F32), (high, low) => (ushort)((Small(high) << 8) | Small(low))),
            (E2M1x2, F32) when finite && o.Count == 3 => new Convert2<float, ushort>(
                slot, o.From(1, F32), o.From(2, F32), (high, low) => (ushort)((Small(high) << 4) | Small(low))),
            (E4M3x2 or E5M2x2, F16x2) when finite => new Convert<uint, ushort>(slot, o.From(1, B32), a => (ushort)(
                (Small(Rounding.FromHalf((ushort)(a >> 16))) << 8) | Small(Rounding.FromHalf((ushort)a)))),
            (F16x2, E4M3x2 or E5M2x2 or E2M3x2 or E3M2x2) => new Convert<ushort, uint>(slot, o.From(1, B16), a =>
                ((uint)ToHalf(Value(a >> 8)) << 16) | ToHalf(Value(a & 0xFF))),
            (F16x2, E2M1x2) => new Convert<ushort, uint>(slot, o.From(1, B16), a =>
                ((uint)ToHalf(Value((a >> 4) & 0xF)) << 16) | ToHalf(Value(a & 0xF))),
            (UE8M0x2, F32) when finite && o.Count == 3 && round is Round.Zero => new Convert2<float, ushort>(
                slot, o.From(1, F32), o.From(2, F32), (high, low) => (ushort)((SmallFloat.ToUe8m0(high) << 8) | SmallFloat.ToUe8m0(low))),
            _ => null,
        };

        double Relu(double value) => relu && !(value > 0) && !double.IsNaN(value) ? 0 : value;

        double Whole(double value) => !isIntegral ? value : integral switch
        {
            Round.Nearest => Math.Round(value, MidpointRounding.ToEven),
            Round.Zero => Math.Truncate(value),
            Round.Down => Math.Floor(value),
            _ => Math.Ceiling(value),
        };

        float ToSingle(double value)
        {
            if (flush && from == F32) value = Rounding.Flush((float)value);
            var result = Rounding.ToSingle((Whole(value), 0), round);
            if (flush) result = Rounding.Flush(result);
            return saturate ? Rounding.Saturate(result) : Rounding.Canonical(result);
        }

        double ToDouble(double value) => saturate ? Rounding.Saturate(Whole(value)) : Whole(value);

        ushort ToHalf(double value)
        {
            var result = Rounding.ToHalf(saturate ? Rounding.Saturate(value) : Whole(Relu(value)), round);
            return finite && (result & 0x7FFF) == 0x7C00 ? (ushort)(result - 1) : result;
        }

        ushort ToBFloat(double value)
        {
            var result = Rounding.ToBFloat(saturate ? Rounding.Saturate(value) : Whole(Relu(value)), round);
            return finite && (result & 0x7FFF) == 0x7F80 ? (ushort)(result - 1) : result;
        }

        int Small(double value) => SmallFloat.Encode(Relu(value), to);

        double Value(int code) => SmallFloat.Decode(code, from);
    }
}

/// <summary>Converts a value in each lane.</summary>
internal sealed unsafe class Convert<T, TResult>(int to, int a, Func<T, TResult> function) : Instruction
    where T : unmanaged
    where TResult : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            r[i] = function(x[i]);
        }
    }
}

/// <summary>Converts two values to one in each lane.</summary>
internal sealed unsafe class Convert2<T, TResult>(int to, int a, int b, Func<T, T, TResult> function) : Instruction
    where T : unmanaged
    where TResult : unmanaged
{
    public override void Run(Warp warp, uint mask)
    {
        var r = (TResult*)(warp.Registers + to);
        var x = (T*)(warp.Registers + a);
        var y = (T*)(warp.Registers + b);
        for (; mask != 0; mask &= mask - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(mask);
            r[i] = function(x[i], y[i]);
        }
    }
}
