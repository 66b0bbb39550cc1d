using System.Globalization;

namespace Fusion.Runtime.Tests.Numerics;

public sealed class BFloat16Numbers
{
    [Test]
    public void EveryNumberSurvivesTheWayToFloatAndBack()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var number = BFloat16.FromBits((ushort)bits);
            var back = (BFloat16)(float)number;
            if (float.IsNaN((float)number)) Assert.That(float.IsNaN((float)back), $"0x{bits:x4}");
            else Assert.That(back.Bits, Is.EqualTo(bits), $"0x{bits:x4}");
        }
    }

    [Test]
    public void HalfwayBetweenTwoNumbersTheEvenOneIsTaken()
    {
        for (var bits = 0; bits < 0x7F80; bits++)
        {
            var halfway = BitConverter.Int32BitsToSingle((bits << 16) | 0x8000);
            var even = bits + (bits & 1);
            Assert.That(((BFloat16)halfway).Bits, Is.EqualTo(even));
            Assert.That(((BFloat16)float.BitDecrement(halfway)).Bits, Is.EqualTo(bits));
            Assert.That(((BFloat16)float.BitIncrement(halfway)).Bits, Is.EqualTo(bits + 1));
            Assert.That(((BFloat16)(-halfway)).Bits, Is.EqualTo(even | 0x8000));
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 5000)]
    public bool NoOtherNumberIsNearer(uint floatBits)
    {
        var value = BitConverter.UInt32BitsToSingle(floatBits);
        var rounded = (BFloat16)value;
        if (!float.IsFinite(value) || !float.IsFinite((float)rounded)) return true;
        var error = Math.Abs((double)value - (float)rounded);
        return error <= Distance(value, rounded.Bits - 1) && error <= Distance(value, rounded.Bits + 1);
    }

    [TestCase(0x7F800001u)]
    [TestCase(0x7FC00000u)]
    [TestCase(0xFFFFFFFFu)]
    public void NaNStaysNaNWithItsSign(uint bits)
    {
        var number = (BFloat16)BitConverter.UInt32BitsToSingle(bits);
        Assert.That(float.IsNaN((float)number));
        Assert.That(number.Bits >> 15, Is.EqualTo(bits >> 31));
    }

    [Test]
    public void WhatIsTooLargeBecomesInfinite()
    {
        Assert.That((float)(BFloat16)float.MaxValue, Is.EqualTo(float.PositiveInfinity));
        Assert.That((float)(BFloat16)float.NegativeInfinity, Is.EqualTo(float.NegativeInfinity));
    }

    [Test]
    public void EqualityIsThatOfFloat()
    {
        BFloat16 zero = BFloat16.FromBits(0), minusZero = BFloat16.FromBits(0x8000), nan = (BFloat16)float.NaN;
        Assert.That(zero == minusZero && zero.Equals(minusZero));
        Assert.That(zero.GetHashCode(), Is.EqualTo(minusZero.GetHashCode()));
        Assert.That(nan != BFloat16.FromBits(0x7FC1) && nan.Equals(BFloat16.FromBits(0x7FC1)));
        Assert.That(nan.GetHashCode(), Is.EqualTo(BFloat16.FromBits(0x7FC1).GetHashCode()));
        Assert.That(zero.Equals((object)BFloat16.FromBits(1)), Is.False);
    }

    [Test]
    public void TextDoesNotDependOnTheCulture()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
        try
        {
            Assert.That(((BFloat16)1.5f).ToString(), Is.EqualTo("1.5"));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private static double Distance(float value, int bits)
    {
        var neighbour = (float)BFloat16.FromBits((ushort)bits);
        return float.IsFinite(neighbour) ? Math.Abs((double)value - neighbour) : double.PositiveInfinity;
    }
}
