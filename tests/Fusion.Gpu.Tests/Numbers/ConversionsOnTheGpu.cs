using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;
using FusionTemplate;

namespace Fusion.Gpu.Tests.Numbers;

[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class ConversionsOnTheGpu(ImageKind kind) : GpuTest(kind)
{
    private const int Block = 256;

    [Test]
    public void EveryBf16WidensToTheSameFloat()
    {
        var input = Enumerable.Range(0, 0x10000).Select(bits => BFloat16.FromBits((ushort)bits)).ToArray();
        using var deviceInput = new DeviceBuffer<BFloat16>(Context, input);
        using var output = new DeviceBuffer<float>(Context, input.Length);
        output.FillBytes(0xFF);

        Run("widen_bf16", ShapeFor(input.Length), output, deviceInput, input.Length);

        Assert.That(Read(output).Select(BitConverter.SingleToUInt32Bits),
            Is.EqualTo(input.Select(x => BitConverter.SingleToUInt32Bits(x.ToSingle()))));
    }

    [Test]
    public void FloatsOfEveryUpperHalfRoundToTheSameBf16()
    {
        // Only the lower half decides on rounding, and only by where it lies between none, half and all.
        uint[] lower = [0, 1, 0x1234, 0x7FFF, 0x8000, 0x8001, 0xABCD, 0xFFFF];
        var input = Enumerable.Range(0, 0x10000)
            .SelectMany(upper => lower.Select(half => BitConverter.UInt32BitsToSingle(((uint)upper << 16) | half))).ToArray();
        using var deviceInput = new DeviceBuffer<float>(Context, input);
        using var output = new GuardedBuffer(Context, input.Length);

        Run("round_to_bf16", ShapeFor(input.Length), output.Start, deviceInput, input.Length);

        Bits.MustBeEqual(output.Read(), Array.ConvertAll(input, BFloat16.FromSingle));
    }

    [Test]
    public void ReciprocalRootsAreTheNearestFloats()
    {
        // All floats of [1, 4), and others by their bits: every exponent, subnormals, negative numbers, infinities, NaN.
        const uint One = 0x3F800000;
        const uint Four = 0x40800000;
        var ordinary = Enumerable.Range(0, (int)(Four - One)).Select(i => One + (uint)i);
        var others = Enumerable.Range(0, 1 << 20).Select(i => (uint)i * 4093u);
        uint[] special = [0, 0x80000000, 1, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000];
        var input = ordinary.Concat(others).Concat(special).Select(BitConverter.UInt32BitsToSingle).ToArray();
        using var deviceInput = new DeviceBuffer<float>(Context, input);
        using var output = new DeviceBuffer<float>(Context, input.Length);
        output.FillBytes(0xFF);

        Run("reciprocal_root", ShapeFor(input.Length), output, deviceInput, input.Length);

        Bits.MustBeEqual(Read(output), Array.ConvertAll(input, RmsNormReference.ReciprocalRoot), input);
    }

    private static LaunchShape ShapeFor(int count) => new((count + Block - 1) / Block, Block);
}
