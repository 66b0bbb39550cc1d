using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;
using FusionTemplate;

namespace Fusion.Gpu.Tests.Numbers;

[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class RmsNormOnTheGpu(ImageKind kind) : GpuTest(kind)
{
    private const float Epsilon = 1e-6f;

    private static readonly int[] HiddenSizes =
    [
        8, 16, 24, 64, 128, 248, 256, 264, 512, 768, 1000, 2048, 2880, 4096, 5120, 7168, 8192, 8200, 14336, 16384, 24576,
        32760, 32768,
    ];

    [TestCaseSource(nameof(HiddenSizes))]
    public void EqualsTheReferenceBitForBit(int hidden)
    {
        foreach (var rows in (int[])[1, 3, 67])
            Check(RandomRows.Activations(hidden, rows * hidden), RandomRows.Activations(rows, hidden), block: 256);
    }

    [TestCase(8)]
    [TestCase(1000)]
    [TestCase(2880)]
    [TestCase(7168)]
    [TestCase(32768)]
    public void DoesNotDependOnTheNumberOfThreads(int hidden)
    {
        foreach (var block in (int[])[32, 64, 96, 512, 992, 1024])
            Check(RandomRows.Activations(1, 2 * hidden), RandomRows.Activations(2, hidden), block);
    }

    [TestCase(1e-38f, TestName = "HoldsForSubnormalNumbers")]
    [TestCase(1e-19f, TestName = "HoldsWhereSquaresUnderflow")]
    [TestCase(1e30f, TestName = "HoldsWhereSquaresOverflow")]
    [TestCase(0f, TestName = "HoldsForZeros")]
    public void HoldsAtTheEdges(float size)
    {
        const int Hidden = 4096;

        Check(RandomRows.OfSize(1, 4 * Hidden, size), RandomRows.Activations(2, Hidden), block: 256);
    }

    [Test]
    public void InfinitiesAndNaNTravelThrough()
    {
        const int Hidden = 16;

        Check(RandomRows.AnyBits(1, 4096 * Hidden), RandomRows.AnyBits(2, Hidden), block: 32);
    }

    private void Check(BFloat16[] input, BFloat16[] gamma, int block)
    {
        var hidden = gamma.Length;
        using var deviceInput = new DeviceBuffer<BFloat16>(Context, input);
        using var deviceGamma = new DeviceBuffer<BFloat16>(Context, gamma);
        using var output = new GuardedBuffer(Context, input.Length);

        Run("rms_norm", new(input.Length / hidden, block), output.Start, deviceInput, deviceGamma, hidden, Epsilon);

        Bits.MustBeEqual(output.Read(), RmsNormReference.Run(input, gamma, Epsilon));
    }
}
