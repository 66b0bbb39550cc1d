using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Random numbers between -2 and 2, the same for the same seed.</summary>
internal static class BenchNumbers
{
    // Of a prime length, so that no row is like its neighbour; large tensors repeat it.
    private const int Period = 1_000_003;

    /// <summary>Numbers of a type.</summary>
    /// <param name="type">bf16, f16 or f32.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed.</param>
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
