using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Tensors as bytes, of any element type.</summary>
internal static class Numbers
{
    /// <summary>Rounds numbers to a type.</summary>
    public static byte[] Bytes(ElementType type, ReadOnlySpan<float> numbers)
    {
        var bytes = new byte[DeviceTensor.ByteCount(type, numbers.Length)];
        switch (type)
        {
            case ElementType.BFloat16:
                var brains = MemoryMarshal.Cast<byte, BFloat16>(bytes.AsSpan());
                for (var i = 0; i < numbers.Length; i++) brains[i] = BFloat16.FromSingle(numbers[i]);
                break;
            case ElementType.Float16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
                for (var i = 0; i < numbers.Length; i++) halves[i] = (Half)numbers[i];
                break;
            default:
                numbers.CopyTo(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
                break;
        }

        return bytes;
    }

    /// <summary>Numbers like those of a model: most near 0, some large.</summary>
    public static float[] Random(Random random, int count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
        {
            var normal = MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
            numbers[i] = random.Next(64) == 0 ? normal * 30 : normal;
        }

        return numbers;
    }

    /// <summary>The first place where two tensors differ; -1 for none. Any NaN of a type equals any other.</summary>
    public static long Difference(ElementType type, ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected)
    {
        if (actual.SequenceEqual(expected)) return -1;
        if (actual.Length != expected.Length) return 0;
        var size = type switch { ElementType.Float32 => 4, ElementType.BFloat16 or ElementType.Float16 => 2, _ => 1 };
        for (var i = 0; i < actual.Length; i += size)
        {
            var a = actual.Slice(i, size);
            var b = expected.Slice(i, size);
            if (!a.SequenceEqual(b) && !(IsNaN(type, a) && IsNaN(type, b))) return i / size;
        }

        return -1;
    }

    private static bool IsNaN(ElementType type, ReadOnlySpan<byte> element) => type switch
    {
        ElementType.BFloat16 => float.IsNaN(MemoryMarshal.Read<BFloat16>(element).ToSingle()),
        ElementType.Float16 => Half.IsNaN(MemoryMarshal.Read<Half>(element)),
        ElementType.Float32 => float.IsNaN(MemoryMarshal.Read<float>(element)),
        ElementType.Float8E4M3 => (element[0] & 0x7F) == 0x7F,
        _ => false,
    };
}
