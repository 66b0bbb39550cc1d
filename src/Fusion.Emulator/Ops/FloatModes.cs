namespace Fusion.Emulation.Ops;

/// <summary>Flushes subnormal operands and results (<c>.ftz</c>).</summary>
internal readonly struct Flushed2<TOp> : IBinary<float, float, float>
    where TOp : struct, IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Flush(TOp.Do(Rounding.Flush(a), Rounding.Flush(b)));
}

/// <summary>Flushes subnormal operands and results (<c>.ftz</c>).</summary>
internal readonly struct Flushed3<TOp> : ITernary<float, float, float>
    where TOp : struct, ITernary<float, float, float>
{
    public static float Do(float a, float b, float c) => Rounding.Flush(TOp.Do(Rounding.Flush(a), Rounding.Flush(b), Rounding.Flush(c)));
}

/// <summary>Brings results to between 0 and 1 (<c>.sat</c>).</summary>
internal readonly struct Saturated2<TOp> : IBinary<float, float, float>
    where TOp : struct, IBinary<float, float, float>
{
    public static float Do(float a, float b) => Rounding.Saturate(TOp.Do(a, b));
}

/// <summary>Brings results to between 0 and 1 (<c>.sat</c>).</summary>
internal readonly struct Saturated3<TOp> : ITernary<float, float, float>
    where TOp : struct, ITernary<float, float, float>
{
    public static float Do(float a, float b, float c) => Rounding.Saturate(TOp.Do(a, b, c));
}

/// <summary>Arithmetic of floats in a direction of rounding other than to nearest.</summary>
internal static class DirectedSingle
{
    public static float Add(float a, float b, Round round) => ZeroOf(Rounding.Sum(a, b), a, b, round);

    public static float Multiply(float a, float b, Round round) => Rounding.Canonical(Rounding.ToSingle(((double)a * b, 0), round));

    public static float Fused(float a, float b, float c, Round round) => ZeroOf(Rounding.Sum((double)a * b, c), a * b, c, round);

    public static float Divide(float a, float b, Round round)
    {
        var quotient = (double)a / b;
        return Rounding.Canonical(Rounding.ToSingle((quotient, double.IsFinite(quotient) && b != 0 ? RestOf(quotient, a, b) : 0), round));
    }

    public static float SquareRoot(float a, Round round)
    {
        var root = Math.Sqrt(a);
        var rest = a > 0 && double.IsFinite(root) ? Math.FusedMultiplyAdd(-root, root, a) : 0;
        return Rounding.Canonical(Rounding.ToSingle((root, rest), round));
    }

    // Only its sign counts.
    private static double RestOf(double quotient, double a, double b) => Math.FusedMultiplyAdd(-quotient, b, a) * Math.Sign(b);

    // A sum that is exactly zero is -0 when it is rounded down, unless both are +0.
    private static float ZeroOf((double Value, double Left) sum, float a, float b, Round round)
    {
        if (sum.Value == 0 && round == Round.Down && (a != 0 || b != 0 || float.IsNegative(a) || float.IsNegative(b))) return -0f;
        return Rounding.Canonical(Rounding.ToSingle(sum, round));
    }
}

/// <summary>Arithmetic of doubles in a direction of rounding other than to nearest.</summary>
internal static class DirectedDouble
{
    public static double Add(double a, double b, Round round)
    {
        var sum = Rounding.Sum(a, b);
        if (sum.Value == 0 && round == Round.Down && (a != 0 || b != 0 || double.IsNegative(a) || double.IsNegative(b))) return -0.0;
        return Rounding.ToDouble(sum, round);
    }

    public static double Multiply(double a, double b, Round round)
    {
        var product = a * b;
        return Rounding.ToDouble((product, double.IsFinite(product) ? Math.FusedMultiplyAdd(a, b, -product) : 0), round);
    }

    public static double Divide(double a, double b, Round round)
    {
        var quotient = a / b;
        var rest = double.IsFinite(quotient) && b != 0 ? Math.FusedMultiplyAdd(-quotient, b, a) * Math.Sign(b) : 0;
        return Rounding.ToDouble((quotient, rest), round);
    }

    public static double SquareRoot(double a, Round round)
    {
        var root = Math.Sqrt(a);
        return Rounding.ToDouble((root, a > 0 && double.IsFinite(root) ? Math.FusedMultiplyAdd(-root, root, a) : 0), round);
    }
}
