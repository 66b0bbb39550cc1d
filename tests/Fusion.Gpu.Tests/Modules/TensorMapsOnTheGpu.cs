using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

/// <summary>Boxes of a matrix that the tensor memory accelerator copies.</summary>
public sealed class TensorMapsOnTheGpu : GpuTest
{
    private const int Columns = 100;
    private const int Pitch = 104;
    private const int Rows = 20;
    private const int BoxColumns = 32;
    private const int BoxRows = 8;

    [SetUp]
    public void NeedsTheAccelerator()
    {
        if (Context.Device.Capability.Major < 9) Assert.Ignore("The GPU has no tensor memory accelerator.");
    }

    [TestCase(0, 0)]
    [TestCase(64, 4)]
    [TestCase(92, 15, Description = "beyond the end, which reads as zero")]
    [TestCase(-4, -3, Description = "before the start, which reads as zero")]
    public void AreThoseOfTheMatrix(int x, int y)
    {
        var values = Enumerable.Range(0, Pitch * Rows).Select(i => (float)(i + 1)).ToArray();
        using var matrix = new DeviceBuffer<float>(Context, values);
        using var box = new DeviceBuffer<float>(Context, BoxColumns * BoxRows);
        var map = TensorMap.Create(matrix, [Columns, Rows], [BoxColumns, BoxRows], new TensorMapOptions { Strides = [Pitch * sizeof(float)] });

        TypedKernels.CopyBox.Launch(Stream, new LaunchShape(1, 128), map, box, x, y);
        Stream.Synchronize();

        var expected = from row in Enumerable.Range(y, BoxRows)
                       from column in Enumerable.Range(x, BoxColumns)
                       select row is >= 0 and < Rows && column is >= 0 and < Columns ? values[row * Pitch + column] : 0f;
        Assert.That(Read(box), Is.EqualTo(expected));
    }

    [Test]
    public void OutsideOfTheMatrixAreNaNWhereThatIsAsked()
    {
        using var matrix = new DeviceBuffer<float>(Context, new float[Pitch * Rows]);
        using var box = new DeviceBuffer<float>(Context, BoxColumns * BoxRows);
        var map = TensorMap.Create(matrix, [Columns, Rows], [BoxColumns, BoxRows], new TensorMapOptions { Strides = [Pitch * sizeof(float)], FillsWithNaN = true });

        TypedKernels.CopyBox.Launch(Stream, new LaunchShape(1, 128), map, box, Columns - 4, 0);
        Stream.Synchronize();

        var read = Read(box);
        Assert.That((read[3], float.IsNaN(read[4])), Is.EqualTo((0f, true)));
    }
}
