using Fusion.Runtime;

namespace Llama.Tests.Gpu;

/// <summary>Elements of 2 bytes as numbers, and random ones.</summary>
internal static class Numbers
{
    /// <summary>Largest relative error of a rounding to a type.</summary>
    public static double RoundingOf(ElementType type) => type == ElementType.BFloat16 ? 1.0 / 256 : 1.0 / 2048;

    public static ushort Round(ElementType type, float value) =>
        type == ElementType.BFloat16 ? ((BFloat16)value).Bits : BitConverter.HalfToUInt16Bits((Half)value);

    public static float Widen(ElementType type, ushort bits) =>
        type == ElementType.BFloat16 ? (float)BFloat16.FromBits(bits) : (float)BitConverter.UInt16BitsToHalf(bits);

    /// <summary>Random elements around 0, of the type.</summary>
    public static ushort[] Random(ElementType type, int count, int seed, float spread = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Round(type, spread * (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2))];
    }
}
