namespace Fusion.Runtime.Tests.Numerics;

public sealed class Float8UE8M0Numbers
{
    [Test]
    public void EveryByteIsItsPowerOfTwoAndComesBack()
    {
        for (var bits = 0; bits < 255; bits++)
        {
            var number = (float)Float8UE8M0.FromBits((byte)bits);
            Assert.That(number, Is.EqualTo(Math.Pow(2, bits - 127)));
            // 2^-127 is subnormal in float, and of those only 0 becomes 0.
            Assert.That(((Float8UE8M0)number).Bits, Is.EqualTo(Math.Max(bits, 1)));
        }
    }

    [Test]
    public void ItRoundsUpToTheNextPowerOfTwoFromEveryBFloat16()
    {
        for (var bits = 0x0080; bits < 0x7F00; bits++)
        {
            var value = (float)BFloat16.FromBits((ushort)bits);
            foreach (var x in new[] { value, float.BitIncrement(value) })
            {
                var up = Enumerable.Range(1, 254).First(b => Math.Pow(2, b - 127) >= x);
                if (((Float8UE8M0)x).Bits != up) Assert.Fail($"{x:r}: {((Float8UE8M0)x).Bits}, not {up}");
            }
        }
    }

    [TestCase(0f, 0)]
    [TestCase(-0f, 0)]
    [TestCase(-1f, 0)]
    [TestCase(float.Epsilon, 1)]
    [TestCase(1e-40f, 1)]
    [TestCase(1f, 127)]
    [TestCase(1.0000001f, 128)]
    [TestCase(float.MaxValue, 254)]
    [TestCase(float.PositiveInfinity, 254)]
    [TestCase(float.NaN, 255)]
    public void EndsAreAsTheContractSays(float value, int bits) =>
        Assert.That(Float8UE8M0.FromSingle(value).Bits, Is.EqualTo(bits));

    [Test]
    public void EqualityIsThatOfFloat()
    {
        Float8UE8M0 one = Float8UE8M0.FromBits(127), nan = Float8UE8M0.NaN;
        Assert.That(one == (Float8UE8M0)1f && one.Equals((object)(Float8UE8M0)1f) && one != Float8UE8M0.FromBits(126));
        Assert.That(nan != Float8UE8M0.FromBits(255) && nan.Equals(Float8UE8M0.FromBits(255)) && float.IsNaN(nan.ToSingle()));
        Assert.That(one.ToString(), Is.EqualTo("1"));
    }
}
