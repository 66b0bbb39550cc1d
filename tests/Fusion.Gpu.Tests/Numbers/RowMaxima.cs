using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Numbers;

/// <summary>RowReducer::max and amax of kernels/cu/fusion/norm/row_registers.cuh.</summary>
public sealed class RowMaxima : GpuTest
{
    private const int Threads = 1024;

    private static IEnumerable<TestCaseData> Rows =>
    [
        Row("negative numbers alone", -3, -2.5f, -1e-30f, -7),
        Row("both signs", -3, 2, 1, -100),
        Row("subnormal numbers", -1e-45f, -2e-45f),
        Row("zeros", -0f, 0f, -0f),
        Row("a negative zero alone", -0f, -0f, -1),
        Row("minus infinity alone", float.NegativeInfinity),
        Row("both infinities", float.NegativeInfinity, 5, float.PositiveInfinity),
        Row("the extremes", float.MinValue, float.MaxValue),
    ];

    [TestCaseSource(nameof(Rows))]
    public void AreThoseOfAllNumbers(float[] values)
    {
        var (largest, magnitude) = Reduce(values);
        Assert.That(BitConverter.SingleToInt32Bits(largest), Is.EqualTo(BitConverter.SingleToInt32Bits(values.Aggregate(MathF.Max))));
        Assert.That(magnitude, Is.EqualTo(values.Max(MathF.Abs)));
    }

    [Test]
    public void ManyRandomRows()
    {
        var random = new Random(5);
        for (var row = 0; row < 200; row++)
        {
            var values = Enumerable.Range(0, random.Next(1, Threads + 1))
                .Select(_ => (random.NextSingle() - 0.9f) * MathF.Pow(10, random.Next(-30, 30))).ToArray();
            Assert.That(Reduce(values), Is.EqualTo((values.Max(), values.Max(MathF.Abs))));
        }
    }

    [TestCase(0x7FC00000)]
    [TestCase(unchecked((int)0xFFC00000))]
    [TestCase(0x7F800001)]
    public void ANaNMakesTheMaximumNaN(int bits) =>
        Assert.That(Reduce([1, BitConverter.Int32BitsToSingle(bits), float.PositiveInfinity]).Largest, Is.NaN);

    private (float Largest, float Magnitude) Reduce(float[] values)
    {
        using var input = new DeviceBuffer<float>(Context, values);
        using var largest = new DeviceBuffer<float>(Context, Threads);
        using var magnitude = new DeviceBuffer<float>(Context, Threads);
        Run("row_max", new(1, Threads), input, largest, magnitude, values.Length);
        var (all, absolute) = (Read(largest), Read(magnitude));
        Assert.That(all.Select(BitConverter.SingleToInt32Bits).Distinct().Count(), Is.EqualTo(1), "each thread has the result");
        return (all[0], absolute[0]);
    }

    private static TestCaseData Row(string name, params float[] values) => new TestCaseData(values).SetArgDisplayNames(name);
}
