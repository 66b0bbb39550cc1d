namespace Fusion.Runtime.Tests.Numerics;

public sealed class Float4E2M1Numbers
{
    private static readonly float[] Table = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    [Test]
    public void TheEightNumbersOfEitherSign()
    {
        for (var code = 0; code < Table.Length; code++)
        {
            Assert.That((float)Float4E2M1.FromBits((byte)code), Is.EqualTo(Table[code]));
            Assert.That((float)Float4E2M1.FromBits((byte)(code | 8)), Is.EqualTo(-Table[code]));
            Assert.That(((Float4E2M1)Table[code]).Bits, Is.EqualTo(code));
            Assert.That(((Float4E2M1)(-Table[code])).Bits, Is.EqualTo(code | 8));
        }
    }

    [Test]
    public void NoCodeIsNearerThanTheRoundedOneAndOfTwoItIsEven()
    {
        foreach (var value in BinaryFormat.E2M1.Touchstones())
        {
            var expected = BinaryFormat.E2M1.NearestOfAll(Math.Abs((double)value)) | (float.IsNegative(value) ? 8 : 0);
            if (((Float4E2M1)value).Bits != expected) Assert.Fail($"{value:r}: {((Float4E2M1)value).Bits}, not {expected}");
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 10000)]
    public bool AnyFloatIsRoundedToTheNearest(uint floatBits)
    {
        var value = BitConverter.UInt32BitsToSingle(floatBits);
        var code = ((Float4E2M1)value).Bits;
        return float.IsNaN(value) ? code == 7 : code == BinaryFormat.E2M1.RoundToCode(value, 8);
    }

    [TestCase(0.25f, 0)]
    [TestCase(0.75f, 2)]
    [TestCase(1.25f, 2)]
    [TestCase(1.75f, 4)]
    [TestCase(2.5f, 4)]
    [TestCase(3.5f, 6)]
    [TestCase(5f, 6)]
    [TestCase(-5f, 14)]
    [TestCase(7f, 7)]
    [TestCase(float.PositiveInfinity, 7)]
    [TestCase(float.NegativeInfinity, 15)]
    [TestCase(float.NaN, 7)]
    [TestCase(-0f, 8)]
    [TestCase(-0.25f, 8)]
    public void TiesEndsAndSigns(float value, int bits) => Assert.That(Float4E2M1.FromSingle(value).Bits, Is.EqualTo(bits));

    [Test]
    public void NaNOfEitherSignBecomesSix() =>
        Assert.That(((Float4E2M1)BitConverter.UInt32BitsToSingle(0xFFC00000u)).Bits, Is.EqualTo(7));

    [Test]
    public void TwoShareAByteTheEvenOneLow()
    {
        Assert.That(Float4E2M1.Pack((Float4E2M1)1.5f, (Float4E2M1)(-6f)), Is.EqualTo(0xF3));
        var (even, odd) = Float4E2M1.Unpack(0xF3);
        Assert.That((even.ToSingle(), odd.ToSingle()), Is.EqualTo((1.5f, -6f)));
    }

    [Test]
    public void EqualityIsThatOfFloatAndTheHighBitsAreIgnored()
    {
        Float4E2M1 zero = Float4E2M1.FromBits(0), minusZero = Float4E2M1.FromBits(8);
        Assert.That(zero == minusZero && zero.Equals((object)minusZero) && zero.GetHashCode() == minusZero.GetHashCode());
        Assert.That(Float4E2M1.FromBits(0xF5) == Float4E2M1.FromBits(5) && zero != Float4E2M1.MaxValue);
        Assert.That(Float4E2M1.FromBits(1).ToString(), Is.EqualTo("0.5"));
    }
}
