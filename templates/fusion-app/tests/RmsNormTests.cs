using Fusion.Emulation;
using Fusion.Runtime;
using NUnit.Framework;

namespace FusionTemplate.Tests;

/// <summary>The kernel on an emulated GPU, which stops it where it makes a mistake, such as an access outside a buffer.</summary>
public sealed class RmsNormTests
{
    private const float Epsilon = 1e-6f;

    [OneTimeSetUp]
    public void UseTheEmulator() => Emulator.Use();

    [OneTimeTearDown]
    public void LeaveTheEmulator() => Emulator.Leave();

    [TestCase(1, 8)]
    [TestCase(3, 2056)]
    public void RowsHaveTheBitsOfTheReference(int rows, int hidden)
    {
        var random = new Random(hidden);
        var input = RandomNumbers(random, rows * hidden);
        var gamma = RandomNumbers(random, hidden);
        using var context = GpuContext.Open();
        using var stream = new GpuStream(context);
        using var deviceInput = new DeviceBuffer<BFloat16>(context, input);
        using var deviceGamma = new DeviceBuffer<BFloat16>(context, gamma);
        using var deviceOutput = new DeviceBuffer<BFloat16>(context, rows * hidden);

        Kernels.RmsNorm.Launch(stream, new LaunchShape(grid: rows, block: 256), deviceOutput, deviceInput, deviceGamma, hidden, Epsilon);
        stream.Synchronize();

        var output = new BFloat16[rows * hidden];
        deviceOutput.CopyTo(output);
        Assert.That(output, Is.EqualTo(RmsNormReference.Run(input, gamma, Epsilon)));
    }

    private static BFloat16[] RandomNumbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (BFloat16)((random.NextSingle() * 4) - 2))];
}
