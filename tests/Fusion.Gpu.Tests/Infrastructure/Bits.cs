using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Comparison of numbers by their bits. Any NaN equals any other: which one an operation gives is nobody's
/// promise.</summary>
internal static class Bits
{
    public static void MustBeEqual(ReadOnlySpan<BFloat16> actual, ReadOnlySpan<BFloat16> expected)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        for (var i = 0; i < actual.Length; i++)
        {
            if (actual[i].Bits == expected[i].Bits) continue;
            if (float.IsNaN(actual[i].ToSingle()) && float.IsNaN(expected[i].ToSingle())) continue;
            Assert.Fail($"element {i} is {actual[i]} (0x{actual[i].Bits:x4}), expected {expected[i]} (0x{expected[i].Bits:x4})");
        }
    }

    public static void MustBeEqual(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, ReadOnlySpan<float> inputs)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        for (var i = 0; i < actual.Length; i++)
        {
            var (got, wanted) = (BitConverter.SingleToUInt32Bits(actual[i]), BitConverter.SingleToUInt32Bits(expected[i]));
            if (got == wanted || (float.IsNaN(actual[i]) && float.IsNaN(expected[i]))) continue;
            Assert.Fail($"of {inputs[i]:g9} (number {i}): {actual[i]:g9} (0x{got:x8}), expected {expected[i]:g9} (0x{wanted:x8})");
        }
    }
}
