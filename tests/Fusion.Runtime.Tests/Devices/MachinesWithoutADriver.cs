using Fusion.Interop;

namespace Fusion.Runtime.Tests.Devices;

public sealed class MachinesWithoutADriver
{
    [SetUp]
    public void ThisMachineHasNone() =>
        Assume.That(GpuDriver.IsAvailable, Is.False, "this machine has a driver");

    [Test]
    public void ThereAreNoGpus() => Assert.That(GpuDevice.Count, Is.Zero);

    [Test]
    public void EverythingElseSaysWhichLibrariesWereTriedAndWhyTheyFailed()
    {
        Action[] attempts =
        [
            () => _ = GpuDriver.Version, () => _ = GpuDriver.MaxPtxVersion, () => GpuDevice.Get(0),
            () => GpuContext.Open().Dispose(), () => KernelLibrary.Load(Kernels()).Dispose(),
        ];
        foreach (var attempt in attempts)
        {
            var error = Assert.Throws<NoGpuException>(attempt)!;
            Assert.That(error.Code, Is.EqualTo("FUSION2006"));
            foreach (var name in LibraryNames.Driver) Assert.That(error.Message, Does.Contain($"{name}: "));
        }
    }

    private static System.Reflection.Assembly Kernels() =>
        KernelAssembly.With(Samples.Manifest(Samples.ModuleFor("sm_90", "compute_80")));
}
