using System.Numerics;
using Fusion.Emulation.Ops;
using Fusion.Emulation.Ptx;
using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Arithmetic to the bit, against integers of any length and against Fusion.Runtime's own formats.</summary>
public sealed class ExactArithmetic
{
    private const int Count = 40_000;

    [Test]
    public void OfFloatsRoundsInEveryDirection([Values("Nearest", "Zero", "Down", "Up")] string direction)
    {
        var round = Enum.Parse<Round>(direction);
        var random = new Random(7);
        for (var i = 0; i < Count; i++)
        {
            var (a, b, c) = (Any(random), Any(random), Any(random));
            Check("add", DirectedSingle.Add(a, b, round), Exact.Of(a) + Exact.Of(b), round, a, b, 0);
            Check("mul", DirectedSingle.Multiply(a, b, round), Exact.Of(a) * Exact.Of(b), round, a, b, 0);
            Check("fma", DirectedSingle.Fused(a, b, c, round), (Exact.Of(a) * Exact.Of(b)) + Exact.Of(c), round, a, b, c);
        }
    }

    [Test]
    public void ByKernelsIsThatOfTheClassesAbove()
    {
        const string Source = """
            extern "C" __global__ void k(const float* x, float* y) {
              const int i = threadIdx.x;
              const float a = x[i], b = x[i + 256], c = x[i + 512];
              float* r = y + i * 12;
              r[0] = __fadd_rz(a, b); r[1] = __fadd_ru(a, b); r[2] = __fadd_rd(a, b); r[3] = __fmul_rz(a, b);
              r[4] = __fmaf_rd(a, b, c); r[5] = __fmaf_rn(a, b, c); r[6] = __fdiv_rn(a, b); r[7] = __fsqrt_rn(a);
              r[8] = __frcp_rn(a); r[9] = fminf(a, b); r[10] = fmaxf(a, c); r[11] = __saturatef(a);
            }
            """;
        using var gpu = TestGpu.Of(Source);
        var random = new Random(11);
        float[] x = [.. Enumerable.Range(0, 768).Select(_ => Any(random))];
        var y = gpu.Unwritten<float>(256 * 12);

        gpu.Run("k", 1, 256, gpu.Buffer(x), y);

        var actual = TestGpu.Read(y);
        for (var i = 0; i < 256; i++)
        {
            var (a, b, c) = (x[i], x[i + 256], x[i + 512]);
            float[] expected =
            [
                DirectedSingle.Add(a, b, Round.Zero), DirectedSingle.Add(a, b, Round.Up), DirectedSingle.Add(a, b, Round.Down),
                DirectedSingle.Multiply(a, b, Round.Zero), DirectedSingle.Fused(a, b, c, Round.Down), MathF.FusedMultiplyAdd(a, b, c), a / b,
                MathF.Sqrt(a), 1 / a, MathF.Min(a, b), MathF.Max(a, c), Math.Clamp(a, 0, 1),
            ];
            Assert.That(actual[(i * 12)..((i + 1) * 12)], Is.EqualTo(expected), $"{a:g9}, {b:g9}, {c:g9}");
        }
    }

    [Test]
    public void ConvertsToSmallFormatsAsTheRuntimeDoes()
    {
        var random = new Random(5);
        for (var i = 0; i < Count; i++)
        {
            var value = i < 2000 ? (i - 1000) * 0.5f : Any(random);
            Assert.That(SmallFloat.Encode(value, PtxType.E4M3x2), Is.EqualTo(Float8E4M3.FromSingle(value).Bits), $"{value:g9}");
            Assert.That(SmallFloat.Encode(value, PtxType.E2M1x2), Is.EqualTo(Float4E2M1.FromSingle(value).Bits), $"{value:g9}");
            Assert.That(Rounding.ToBFloat(value), Is.EqualTo(BFloat16.FromSingle(value).Bits), $"{value:g9}");
            Assert.That(Rounding.ToHalf(value), Is.EqualTo(BitConverter.HalfToUInt16Bits((Half)value)), $"{value:g9}");
        }
    }

    private static void Check(string name, float actual, Exact exact, Round round, float a, float b, float c)
    {
        var expected = exact.ToSingle(round);
        if (actual == expected) return;
        Assert.Fail($"{name}.{round} of {a:g9}, {b:g9}, {c:g9}: {actual:g9}, expected {expected:g9}");
    }

    // Of all sizes, subnormal and large ones among them, with few bits in some, so that ties are met.
    private static float Any(Random random)
    {
        var bits = (uint)random.NextInt64(1L << 32);
        if (random.Next(3) == 0) bits &= 0xFFFF_0000;
        if (random.Next(2) == 0) bits = (bits & 0x807F_FFFF) | ((uint)random.Next(110, 145) << 23);
        var value = BitConverter.UInt32BitsToSingle(bits);
        return float.IsFinite(value) ? value : 1.5f;
    }

    /// <summary>A number as an integer times a power of two.</summary>
    private readonly record struct Exact(BigInteger Integer, int Exponent)
    {
        public static Exact Of(float value)
        {
            var bits = BitConverter.SingleToUInt32Bits(value);
            var exponent = (int)(bits >> 23 & 0xFF);
            var mantissa = (long)(bits & 0x7F_FFFF) | (exponent == 0 ? 0 : 1L << 23);
            return new(float.IsNegative(value) ? -mantissa : mantissa, Math.Max(exponent, 1) - 150);
        }

        public static Exact operator *(Exact a, Exact b) => new(a.Integer * b.Integer, a.Exponent + b.Exponent);

        public static Exact operator +(Exact a, Exact b)
        {
            var exponent = Math.Min(a.Exponent, b.Exponent);
            return new((a.Integer << (a.Exponent - exponent)) + (b.Integer << (b.Exponent - exponent)), exponent);
        }

        public float ToSingle(Round round)
        {
            var isNegative = Integer.Sign < 0;
            var size = BigInteger.Abs(Integer);
            // The last place of a float of that size, or of a subnormal one.
            var place = Math.Max((int)(long)size.GetBitLength() + Exponent - 24, -149);
            var shift = place - Exponent;
            var kept = shift <= 0 ? size << -shift : size >> shift;
            var rest = shift <= 0 ? BigInteger.Zero : size - (kept << shift);
            var half = shift <= 0 ? BigInteger.One : BigInteger.One << (shift - 1);
            var up = round switch
            {
                Round.Nearest => rest > half || (rest == half && !kept.IsEven),
                Round.Zero => false,
                Round.Up => !isNegative && !rest.IsZero,
                _ => isNegative && !rest.IsZero,
            };
            if (up) kept += 1;
            var result = Math.ScaleB((double)kept, place);
            var largest = (double)float.MaxValue;
            if (result > largest)
            {
                var toInfinity = round == Round.Nearest || round == (isNegative ? Round.Down : Round.Up);
                result = toInfinity ? double.PositiveInfinity : largest;
            }

            return (float)(isNegative ? -result : result);
        }
    }
}
