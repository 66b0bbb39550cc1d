using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>World size 1: the epilogue kernel alone has the bits of the reference, in a group and without one.</summary>
public sealed class RanksAlone : GpuTest
{
    [Test]
    public void HaveTheBitsOfTheReference(
        [Values(ElementType.BFloat16, ElementType.Float16, ElementType.Float32)] ElementType type, [Values(64, 4096, 10240)] int hidden)
    {
        using var alone = new ComparedRanks(1, new() { HiddenSize = hidden, MaxTokens = 33, DataType = type });
        var data = new AllReduceCase(type, 1, hidden, 33, seed: hidden);
        foreach (var epilogue in Epilogue.All(hidden))
        {
            foreach (var strategy in new AllReduceStrategy?[] { null, AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot })
                Assert.That(alone.Compare(data, epilogue, strategy), Is.Empty);
        }
    }

    [Test]
    public void NeedNoGroup()
    {
        using var operation = EpilogueOperation.OnGpu(Context.Device, new() { HiddenSize = 64, MaxTokens = 2, DataType = ElementType.Float32 });
        using var input = new DeviceBuffer<float>(Context, [.. Enumerable.Range(0, 128).Select(i => i - 60f)]);
        using var output = new DeviceBuffer<float>(Context, 128);
        using var gamma = new DeviceBuffer<float>(Context, [.. Enumerable.Repeat(2f, 64)]);
        output.FillBytes(0xFF);

        operation.Launch(Stream, new()
        {
            Input = new(input.Pointer.Address, ElementType.Float32, 2, 64),
            Norm = new() { Kind = NormKind.Rms, Gamma = DeviceTensor.Vector(gamma.Pointer.Address, ElementType.Float32, 64), Epsilon = 1e-5f },
            NormOut = new(output.Pointer.Address, ElementType.Float32, 2, 64),
        });
        Stream.Synchronize();

        var (x, y) = (Read(input), Read(output));
        for (var i = 0; i < 128; i++)
        {
            var row = x.AsSpan(i / 64 * 64, 64).ToArray();
            var rms = Math.Sqrt(row.Sum(value => (double)value * value / 64) + 1e-5);
            Assert.That(y[i], Is.EqualTo(2 * x[i] / rms).Within(1e-5).Percent);
        }
    }
}
