using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Numbers;

/// <summary>Rows of random numbers of several kinds.</summary>
internal static class RandomRows
{
    /// <summary>Numbers of every size that activations have, with some zeros of both signs.</summary>
    public static BFloat16[] Activations(int seed, int count)
    {
        var random = new Random(seed);
        return Fill(count, () => random.Next(16) switch
        {
            0 => random.Next(2) == 0 ? 0f : -0f,
            1 => (random.NextSingle() - 0.5f) * 1000,
            _ => (random.NextSingle() - 0.5f) * 4,
        });
    }

    /// <summary>Any bits at all: subnormal, huge, infinite and NaN among them.</summary>
    public static BFloat16[] AnyBits(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new BFloat16[count];
        for (var i = 0; i < count; i++) numbers[i] = BFloat16.FromBits((ushort)random.Next(0x10000));
        return numbers;
    }

    /// <summary>Numbers of one size.</summary>
    public static BFloat16[] OfSize(int seed, int count, float size)
    {
        var random = new Random(seed);
        return Fill(count, () => (random.NextSingle() - 0.5f) * size);
    }

    private static BFloat16[] Fill(int count, Func<float> next)
    {
        var numbers = new BFloat16[count];
        for (var i = 0; i < count; i++) numbers[i] = BFloat16.FromSingle(next());
        return numbers;
    }
}
