using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Makes random numbers between -2 and 2, which are the same for the same seed.</summary>
internal static class BenchNumbers
{
    // Large tensors repeat the numbers. The period is prime, so that neighbouring rows differ.
    private const int Period = 1_000_003;

    /// <summary>Makes the bytes of random numbers of a type.</summary>
    /// <param name="type">Type of the numbers: bf16, f16 or f32.</param>
    /// <param name="count">Number of numbers.</param>
    /// <param name="seed">Seed of the random generator.</param>
    public static byte[] Random(ElementType type, long count, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[DeviceTensor.ByteCount(type, count)];
        var period = (int)Math.Min(bytes.Length, DeviceTensor.ByteCount(type, Period));
        var first = bytes.AsSpan(0, period);
        switch (type)
        {
            case ElementType.BFloat16: Fill(first, () => (BFloat16)Next()); break;
            case ElementType.Float16: Fill(first, () => (Half)Next()); break;
            default: Fill(first, Next); break;
        }

        for (var at = period; at < bytes.Length; at += period)
            first[..Math.Min(period, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;

        float Next() => (random.NextSingle() * 4) - 2;
    }

    private static void Fill<T>(Span<byte> bytes, Func<T> next)
        where T : unmanaged
    {
        foreach (ref var element in MemoryMarshal.Cast<byte, T>(bytes)) element = next();
    }
}
