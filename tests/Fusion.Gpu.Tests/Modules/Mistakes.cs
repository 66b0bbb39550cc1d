using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

public sealed class Mistakes : GpuTest
{
    private const string Scale = "scale<int>";

    [TearDown]
    public void TheContextStaysUsable()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Skipped) return;
        using var values = new DeviceBuffer<int>(Context, [1, 2, 3]);
        Run(Scale, new(1, 32), values, 2, 3);
        Assert.That(Read(values), Is.EqualTo([2, 4, 6]));
    }

    [Test]
    public void TooFewArgumentsAreRefused()
    {
        using var values = new DeviceBuffer<int>(Context, 3);

        Assert.That(() => Run(Scale, new(1, 32), values, 2),
            Throws.TypeOf<FusionArgumentException>().With.Property(nameof(FusionException.Code)).EqualTo("FUSION2011"));
    }

    [Test]
    public void AnArgumentOfAnotherSizeIsRefused()
    {
        using var values = new DeviceBuffer<int>(Context, 3);

        Assert.That(() => Run(Scale, new(1, 32), values, 2.0, 3),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contains("double"));
    }

    [Test]
    public void ABlockOfTooManyThreadsIsRefused()
    {
        using var values = new DeviceBuffer<int>(Context, 3);

        Assert.That(() => Run(Scale, new(1, new Dim3(64, 64)), values, 2, 3),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contains("4096"));
    }

    [Test]
    public void MoreSharedMemoryThanTheGpuHasIsRefused()
    {
        using var values = new DeviceBuffer<int>(Context, 3);
        var shape = new LaunchShape(1, 32) { SharedBytes = Context.Device.MaxSharedBytesPerBlock + 1 };

        Assert.That(() => Run(Scale, shape, values, 2, 3), Throws.TypeOf<FusionArgumentException>());
    }

    [Test]
    public void AnUnknownKernelIsRefusedAndTheNearestNamesAreShown() =>
        Assert.That(() => Kernels.GetKernel("rms_nrom"),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contains("rms_norm"));
}
