namespace Fusion.Runtime.Tests.Reference;

public sealed class SumsOfRanks
{
    private const float Big = 16777216; // 2^24: the float behind it is 2^24 + 2.

    [TestCase(new[] { Big, 1, -Big }, 0f)]
    [TestCase(new[] { Big, -Big, 1 }, 1f)]
    [TestCase(new[] { 1, Big, -Big }, 0f)]
    [TestCase(new[] { Big, 1, 1, -Big }, 0f)]
    [TestCase(new[] { 1f, 1, Big, -Big }, 2f)]
    public void AreTakenInTheOrderOfTheRanks(float[] ranks, float sum) =>
        Assert.That(Sum(ElementType.Float32, ranks), Is.EqualTo(sum));

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool AreRoundedOnceAfterAllRanks(byte anyRanks, int seed)
    {
        var random = new Random(seed);
        var ranks = new float[(anyRanks % 16) + 1];
        for (var i = 0; i < ranks.Length; i++) ranks[i] = BinaryFormat.BFloat16.Round((random.NextSingle() - 0.5f) * Big);
        var sum = ranks[0];
        for (var i = 1; i < ranks.Length; i++) sum += ranks[i];
        return Sum(ElementType.BFloat16, ranks) == BinaryFormat.BFloat16.Round(sum);
    }

    [TestCase(new[] { -0f }, true)]
    [TestCase(new[] { -0f, -0f, -0f }, true)]
    [TestCase(new[] { -0f, 0f }, false)]
    [TestCase(new[] { 1f, -1f }, false)]
    public void OfMinusZeroAloneAreMinusZero(float[] ranks, bool negative)
    {
        foreach (var type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 })
        {
            var sum = Sum(type, ranks);
            Assert.That((sum, float.IsNegative(sum)), Is.EqualTo((0f, negative)), type.ToString());
        }
    }

    [TestCase(ElementType.Float16, 60000f, 60000f)]
    [TestCase(ElementType.BFloat16, 3e38f, 3e38f)]
    [TestCase(ElementType.Float32, float.MaxValue, float.MaxValue)]
    public void ThatAreTooLargeBecomeInfinite(ElementType type, float a, float b) => Assert.That(
        Sum(type, AllReduceInputs.Round(type, a), AllReduceInputs.Round(type, b)), Is.EqualTo(float.PositiveInfinity));

    [Test]
    public void OfOppositeInfinitiesAndOfNaNAreNaN()
    {
        Assert.That(Sum(ElementType.Float16, float.PositiveInfinity, float.NegativeInfinity), Is.NaN);
        Assert.That(Sum(ElementType.BFloat16, 1, float.NaN, 2), Is.NaN);
    }

    [Test]
    public void OfOneRankAreItsInput()
    {
        foreach (var type in new[] { ElementType.BFloat16, ElementType.Float16, ElementType.Float32 })
        {
            var shape = new AllReduceShape(type, 512);
            var inputs = AllReduceInputs.Random(shape, ranks: 1, tokens: 3, seed: 3) with { Residual = null };
            var outputs = ReferenceRun.Of(shape, inputs)[0];
            outputs.AssertSame(new(inputs.Ranks[0], inputs.Ranks[0], inputs.Ranks[0], null, null));
        }
    }

    [Test]
    public void KeepSubnormalNumbers() =>
        Assert.That(Sum(ElementType.Float32, float.Epsilon, float.Epsilon), Is.EqualTo(2 * float.Epsilon));

    private static float Sum(ElementType type, params float[] ranks)
    {
        float[][][] inputs = [.. ranks.Select(x => new[] { Enumerable.Repeat(x, 8).ToArray() })];
        var outputs = ReferenceRun.Of(new(type, 8), new(inputs, null, [], null));
        foreach (var rank in outputs) rank.AssertSame(outputs[0]);
        return outputs[0].AllReduceOut![0][5];
    }
}
