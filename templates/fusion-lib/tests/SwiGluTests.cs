using Fusion.Emulation;
using Fusion.Runtime;
using NUnit.Framework;

namespace FusionTemplate.Tests;

/// <summary>The kernel on an emulated GPU, which stops it where it makes a mistake, such as an access outside a buffer.</summary>
public sealed class SwiGluTests
{
    // Of a bf16, which has 8 bits.
    private const float Precision = 1f / 256;

    [OneTimeSetUp]
    public void UseTheEmulator() => Emulator.Use();

    [OneTimeTearDown]
    public void LeaveTheEmulator() => Emulator.Leave();

    [TestCase(1)]
    [TestCase(1000)]
    public void EveryElementIsThatOfTheFormula(int count)
    {
        var random = new Random(count);
        var gate = RandomNumbers(random, count);
        var up = RandomNumbers(random, count);
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var deviceGate = new DeviceBuffer<BFloat16>(context, gate);
        using var deviceUp = new DeviceBuffer<BFloat16>(context, up);
        using var deviceOutput = new DeviceBuffer<BFloat16>(context, count);

        SwiGlu.Launch(stream, deviceGate, deviceUp, deviceOutput, count);
        stream.Synchronize();

        var output = new BFloat16[count];
        deviceOutput.CopyTo(output);
        for (var i = 0; i < count; i++)
        {
            var expected = (float)gate[i] / (1 + MathF.Exp(-(float)gate[i])) * (float)up[i];
            Assert.That((float)output[i], Is.EqualTo(expected).Within(Math.Abs(expected) * Precision), $"element {i}");
        }
    }

    private static BFloat16[] RandomNumbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (BFloat16)((random.NextSingle() * 8) - 4))];
}
