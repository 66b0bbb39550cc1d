using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

/// <summary>Kernels that run at the same time. One waits for the other's flag, for some tenths of a second.</summary>
public sealed class KernelsThatMeet : GpuTest
{
    [TestCase(true)]
    [TestCase(false)]
    public void ADependentKernelStartsEarlyOnlyWhereAskedToAndWaitsForWhatItReads(bool early)
    {
        RequireHopperCode("kernels/waiting");
        using var flag = new DeviceBuffer<int>(Context, [0]);
        using var seen = new DeviceBuffer<int>(Context, [-1]);
        using var value = new DeviceBuffer<int>(Context, [-1]);
        using var copy = new DeviceBuffer<int>(Context, [-1]);

        Kernels.GetKernel("produce").Launch(Stream, new(1, 1), flag, seen, value);
        Kernels.GetKernel("consume").Launch(Stream, new(1, 1) { ProgrammaticLaunch = early }, flag, value, copy);
        Stream.Synchronize();

        Assert.That(Read(copy), Is.EqualTo([42]), "the value that was read");
        Assert.That(Read(seen), Is.EqualTo([early ? 1 : 0]), "whether both ran at once");
    }

    [Test]
    public void TheFirstLaunchDoesNotWaitForARunningKernelBecauseLoadingIsDone()
    {
        using var fresh = LoadKernels();
        using var other = new GpuStream(Context);
        using var flag = new DeviceBuffer<int>(Context, [0]);
        using var seen = new DeviceBuffer<int>(Context, [-1]);

        fresh.GetKernel("wait_for_flag").Launch(Stream, new(1, 1), flag, seen);
        fresh.GetKernel("raise_flag").Launch(other, new(1, 1), flag);
        other.Synchronize();
        Stream.Synchronize();

        Assert.That(Read(seen), Is.EqualTo([1]));
    }
}
