namespace Fusion.Runtime.Tests.Numerics;

/// <summary>What the reference expects of the platform's own type.</summary>
public sealed class HalfNumbers
{
    [Test]
    public void HalfRoundsToTheNearestEvenToSubnormalsAndToInfinity()
    {
        foreach (var value in BinaryFormat.Float16.Touchstones())
        {
            var (half, expected) = ((float)(Half)value, BinaryFormat.Float16.Round(value));
            if (BitConverter.SingleToInt32Bits(half) != BitConverter.SingleToInt32Bits(expected))
                Assert.Fail($"{value:r}: {half:r}, not {expected:r}");
        }
    }

    [Test]
    public void EveryHalfSurvivesTheWayToFloatAndBack()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)bits);
            var back = (Half)(float)half;
            if (Half.IsNaN(half)) Assert.That(Half.IsNaN(back), $"0x{bits:x4}");
            else Assert.That(BitConverter.HalfToUInt16Bits(back), Is.EqualTo(bits), $"0x{bits:x4}");
        }
    }
}
