using FusionTemplate;

namespace Fusion.Gpu.Tests.Numbers;

/// <summary>What the reference promises, without a GPU.</summary>
public sealed class ReciprocalRoots
{
    [Test]
    public void OfAllFloatsAreTheNearestFloats()
    {
        // Powers of 4 shift nothing but the exponent, so these are all.
        for (var x = 1f; x < 4; x = MathF.BitIncrement(x))
        {
            var root = RmsNormReference.ReciprocalRoot(x);
            var below = ((double)root + MathF.BitDecrement(root)) / 2;
            var above = ((double)root + MathF.BitIncrement(root)) / 2;
            if (Compare(x, below) < 0 && Compare(x, above) > 0) continue;
            Assert.Fail($"1/sqrt({x:g9}) is not {root:g9}");
        }
    }

    [TestCase(0f, float.PositiveInfinity)]
    [TestCase(-0f, float.NegativeInfinity)]
    [TestCase(float.PositiveInfinity, 0f)]
    [TestCase(-1f, float.NaN)]
    [TestCase(float.NaN, float.NaN)]
    [TestCase(float.Epsilon, 2.6714e22f)]
    public void OfTheRestAreAsIeee754Says(float x, float expected) =>
        Assert.That(RmsNormReference.ReciprocalRoot(x), Is.EqualTo(expected).Within(0.001).Percent);

    // The sign of x * y^2 - 1: x * y has 49 bits and is exact in double, and the rest is rounded once.
    private static int Compare(float x, double y) => Math.Sign(Math.FusedMultiplyAdd(x * y, y, -1));
}
