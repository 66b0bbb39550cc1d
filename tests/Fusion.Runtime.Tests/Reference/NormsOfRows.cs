using System.Numerics;

namespace Fusion.Runtime.Tests.Reference;

public sealed class NormsOfRows
{
    [FsCheck.NUnit.Property(MaxTest = 20000)]
    public bool TheReciprocalRootIsCorrectlyRounded(uint bits)
    {
        var x = BitConverter.UInt32BitsToSingle(bits & 0x7FFFFFFF);
        if (!float.IsFinite(x) || x == 0) return true;
        double root = RowNorm.ReciprocalRoot(x);
        // The middles to the next floats are exact in double; they bracket 1/sqrt(x) if x·middle² brackets 1.
        var below = (root + float.BitDecrement((float)root)) / 2;
        var above = (root + float.BitIncrement((float)root)) / 2;
        return CompareToOne(x, below) < 0 && CompareToOne(x, above) > 0;
    }

    [TestCase(0f, float.PositiveInfinity)]
    [TestCase(float.PositiveInfinity, 0f)]
    [TestCase(-1f, float.NaN)]
    [TestCase(float.NaN, float.NaN)]
    [TestCase(4f, 0.5f)]
    public void TheReciprocalRootAtItsEnds(float x, float root) => Assert.That(RowNorm.ReciprocalRoot(x), Is.EqualTo(root));

    [Test]
    public void ARowOfEqualNumbersHasRmsNormsOfOne()
    {
        var shape = new AllReduceShape(ElementType.BFloat16, 2880) { Norm = NormKind.Rms, Epsilon = 0 };
        foreach (var value in new[] { 1f, -3f, 0.0078125f, 1e16f })
        {
            var rounded = BinaryFormat.BFloat16.Round(value);
            var row = ReferenceRun.Of(shape, AllReduceInputs.OneRow([.. Enumerable.Repeat(rounded, 2880)]))[0].NormOut![0];
            Assert.That(row, Is.All.EqualTo(MathF.Sign(value)));
        }
    }

    [Test]
    public void ARowOfEqualNumbersHasTheLayerNormBeta()
    {
        var shape = new AllReduceShape(ElementType.Float16, 96) { Norm = NormKind.Layer };
        var beta = Enumerable.Range(0, 96).Select(i => i - 48f).ToArray();
        var inputs = AllReduceInputs.OneRow([.. Enumerable.Repeat(1.5f, 96)]) with { Beta = beta };
        Assert.That(ReferenceRun.Of(shape, inputs)[0].NormOut![0], Is.EqualTo(beta));
    }

    [Test]
    public void WithoutABetaAProductOfMinusZeroStaysMinusZero()
    {
        var shape = new AllReduceShape(ElementType.BFloat16, 8) { Norm = NormKind.Layer };
        var inputs = AllReduceInputs.OneRow(2, 2, 2, 2, 2, 2, 2, 2) with { Gamma = [-1, 1, -1, 1, -1, 1, -1, 1] };
        var row = ReferenceRun.Of(shape, inputs)[0].NormOut![0];
        Assert.That(row.Select(float.IsNegative), Is.EqualTo(inputs.Gamma.Select(float.IsNegative)));
        row = ReferenceRun.Of(shape, inputs with { Beta = new float[8] })[0].NormOut![0];
        Assert.That(row.Select(float.IsNegative), Is.All.False);
    }

    [TestCase(NormKind.Rms)]
    [TestCase(NormKind.RmsRoundedTwice)]
    [TestCase(NormKind.Layer)]
    public void ARowOfZerosStaysZeroAndWithoutEpsilonIsNaN(NormKind norm)
    {
        var shape = new AllReduceShape(ElementType.BFloat16, 64) { Norm = norm };
        Assert.That(ReferenceRun.Of(shape, AllReduceInputs.OneRow(new float[64]))[0].NormOut![0], Is.All.EqualTo(0));
        Assert.That(
            ReferenceRun.Of(shape with { Epsilon = 0 }, AllReduceInputs.OneRow(new float[64]))[0].NormOut![0], Is.All.NaN);
    }

    [Test]
    public void InTheOrderOfHuggingFaceItIsRoundedBeforeTheWeight()
    {
        var shape = new AllReduceShape(ElementType.BFloat16, 8) { Norm = NormKind.Rms, Epsilon = 0 };
        var inputs = AllReduceInputs.OneRow(1, 2, 3, 4, 5, 6, 7, 8) with { Gamma = [5, 5, 5, 5, 5, 5, 5, 5] };
        var once = ReferenceRun.Of(shape, inputs)[0].NormOut![0];
        var twice = ReferenceRun.Of(shape with { Norm = NormKind.RmsRoundedTwice }, inputs)[0].NormOut![0];
        // The mean square is 25.5, 1 / sqrt(25.5) is 0.198029510, as bf16 0.198242188; five of it are 0.99014753 or 0.99121094,
        // and bf16 has steps of 2^-8 there.
        Assert.That((once[0], twice[0]), Is.EqualTo((253 / 256f, 254 / 256f)));
    }

    [Test]
    public void WeightsStoredAsGammaMinusOneGetTheirOneBack()
    {
        var shape = new AllReduceShape(ElementType.Float32, 8) { Norm = NormKind.Rms };
        var plain = AllReduceInputs.OneRow(1, -2, 3, -4, 5, -6, 7, -8) with { Gamma = [1, 1.5f, 2, 0, -1, 0.5f, 3, 1] };
        var stored = plain with { Gamma = [.. plain.Gamma.Select(g => g - 1)] };
        ReferenceRun.Of(shape with { WeightBias = 1 }, stored)[0].AssertSame(ReferenceRun.Of(shape, plain)[0]);
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void ATokenHasTheSameResultAloneAndAmongOthers(int seed)
    {
        var all = AllReduceShape.Everything(64).Where(s => s.Layout == ScaleLayout.Linear).ToArray();
        var shape = all[(int)((uint)seed % all.Length)];
        var inputs = AllReduceInputs.Random(shape, ranks: 2, tokens: 5, seed);
        var batch = ReferenceRun.Of(shape, inputs)[0];
        for (var t = 0; t < 5; t++)
        {
            var alone = ReferenceRun.Of(shape, inputs with
            {
                Ranks = [.. inputs.Ranks.Select(rank => new[] { rank[t] })],
                Residual = inputs.Residual is { } r ? [r[t]] : null,
            })[0];
            alone.AssertSame(new(
                [batch.AllReduceOut![t]], [batch.ResidualOut![t]], [batch.NormOut![t]],
                Part(batch.QuantOut), Part(batch.ScaleOut)));

            byte[]? Part(byte[]? rows) => rows?[(rows.Length / 5 * t)..(rows.Length / 5 * (t + 1))];
        }
    }

    // x · y² against 1, in whole numbers.
    private static int CompareToOne(float x, double y)
    {
        var (xs, xe) = Split(x);
        var (ys, ye) = Split(y);
        var exponent = xe + (2 * ye);
        var product = xs * ys * ys;
        return exponent >= 0
            ? (product << exponent).CompareTo(BigInteger.One)
            : product.CompareTo(BigInteger.One << -exponent);
    }

    private static (BigInteger Significand, int Exponent) Split(double value)
    {
        var exponent = Math.ILogB(value) - 52;
        return ((BigInteger)Math.ScaleB(value, -exponent), exponent);
    }
}
