namespace Fusion.Runtime.Tests.Numerics;

public sealed class Float8E4M3Numbers
{
    [TestCase(0x00, 0f)]
    [TestCase(0x01, 0.001953125f)]
    [TestCase(0x07, 0.013671875f)]
    [TestCase(0x08, 0.015625f)]
    [TestCase(0x30, 0.5f)]
    [TestCase(0x38, 1f)]
    [TestCase(0x3C, 1.5f)]
    [TestCase(0x40, 2f)]
    [TestCase(0x77, 240f)]
    [TestCase(0x7E, 448f)]
    [TestCase(0xB9, -1.125f)]
    [TestCase(0xFE, -448f)]
    public void KnownCodesHaveKnownNumbers(int bits, float number)
    {
        Assert.That((float)Float8E4M3.FromBits((byte)bits), Is.EqualTo(number));
        Assert.That(((Float8E4M3)number).Bits, Is.EqualTo(bits));
    }

    [Test]
    public void EveryCodeHasTheNumberOfItsDefinitionAndComesBack()
    {
        for (var code = 0; code <= BinaryFormat.E4M3.Largest; code++)
        {
            var number = (float)Float8E4M3.FromBits((byte)code);
            Assert.That(number, Is.EqualTo(BinaryFormat.E4M3.Value(code)), $"0x{code:x2}");
            Assert.That((float)Float8E4M3.FromBits((byte)(code | 0x80)), Is.EqualTo(-number));
            Assert.That(((Float8E4M3)number).Bits, Is.EqualTo(code));
            Assert.That(((Float8E4M3)(-number)).Bits, Is.EqualTo(code | 0x80));
        }
    }

    [Test]
    public void NoCodeIsNearerThanTheRoundedOneAndOfTwoItIsEven()
    {
        foreach (var value in BinaryFormat.E4M3.Touchstones())
        {
            var expected = BinaryFormat.E4M3.NearestOfAll(Math.Abs((double)value)) | (float.IsNegative(value) ? 0x80 : 0);
            if (((Float8E4M3)value).Bits != expected) Assert.Fail($"{value:r}: {((Float8E4M3)value).Bits:x2}, not {expected:x2}");
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 10000)]
    public bool AnyFloatIsRoundedToTheNearest(uint floatBits)
    {
        var value = BitConverter.UInt32BitsToSingle(floatBits);
        var code = ((Float8E4M3)value).Bits;
        return float.IsNaN(value) ? code == 0x7F : code == BinaryFormat.E4M3.RoundToCode(value, 0x80);
    }

    [TestCase(449f, 0x7E)]
    [TestCase(464f, 0x7E)]
    [TestCase(480f, 0x7E)]
    [TestCase(float.MaxValue, 0x7E)]
    [TestCase(float.PositiveInfinity, 0x7E)]
    [TestCase(float.NegativeInfinity, 0xFE)]
    [TestCase(-0f, 0x80)]
    [TestCase(float.Epsilon, 0x00)]
    [TestCase(-float.Epsilon, 0x80)]
    public void ItSaturatesAndKeepsTheSign(float value, int bits) =>
        Assert.That(Float8E4M3.FromSingle(value).Bits, Is.EqualTo(bits));

    [TestCase(0x7F800001u)]
    [TestCase(0x7FC00000u)]
    [TestCase(0xFFFFFFFFu)]
    public void EveryNaNBecomesTheSame(uint bits)
    {
        Assert.That(((Float8E4M3)BitConverter.UInt32BitsToSingle(bits)).Bits, Is.EqualTo(0x7F));
        Assert.That(float.IsNaN(Float8E4M3.FromBits(0x7F).ToSingle()) && float.IsNaN(Float8E4M3.FromBits(0xFF).ToSingle()));
    }

    [Test]
    public void EqualityIsThatOfFloat()
    {
        Float8E4M3 zero = Float8E4M3.FromBits(0), minusZero = Float8E4M3.FromBits(0x80), nan = Float8E4M3.NaN;
        Assert.That(zero == minusZero && zero.Equals((object)minusZero) && zero.GetHashCode() == minusZero.GetHashCode());
        Assert.That(nan != Float8E4M3.FromBits(0xFF) && nan.Equals(Float8E4M3.FromBits(0xFF)));
        Assert.That(zero != Float8E4M3.MaxValue && Float8E4M3.MaxValue.ToString() == "448");
    }
}
