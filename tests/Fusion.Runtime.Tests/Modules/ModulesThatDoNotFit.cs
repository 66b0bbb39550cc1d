using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class ModulesThatDoNotFit
{
    [Test]
    public void NoSuitableImageNamesTheGpuTheImagesAndWhatToAdd()
    {
        var error = Assert.Throws<KernelLoadException>(() => Demand(["sm_90a", "compute_90a"], new(10, 0), new(13, 0)))!;
        Assert.That(error.Code, Is.EqualTo("FUSION2003"));
        Assert.That(error.Message, Does.Contain("NVIDIA Test (compute capability 10.0)")
            .And.Contain("sm_90a (cubin), compute_90a (PTX)")
            .And.Contain("sm_100").And.Contain("FusionArchitectures"));
    }

    [Test]
    public void AForcedKindIsSaid() =>
        Assert.That(() => Demand(["sm_90"], new(9, 0), new(13, 0), ImageKind.Ptx),
            Throws.TypeOf<KernelLoadException>().With.Message.Contains("PTX, which was asked for")
                .And.Message.Contains("compute_90"));

    [Test]
    public void PtxNewerThanTheDriverNamesBothVersionsAndTheDriverThatWouldDo()
    {
        var error = Assert.Throws<KernelLoadException>(() => Demand(["compute_80"], new(9, 0), new(12, 2)))!;
        Assert.That(error.Code, Is.EqualTo("FUSION2004"));
        Assert.That(error.Message, Does.Contain("only PTX 8.4 (compute_80)").And.Contain("driver (CUDA 12.2)")
            .And.Contain("PTX up to 8.2").And.Contain("CUDA 12.4 or newer (series 550)"));
    }

    [TestCase("13.0", "series 580 or newer")]
    [TestCase("12.4", "series 525 or newer")]
    public void MachineCodeNewerThanTheDriverNamesTheSeries(string nvrtc, string series)
    {
        var module = Samples.ModuleFor("sm_90");
        var error = LoadErrors.DriverTooOldForCubin(module, module.Images[0], Version.Parse(nvrtc), new(11, 8));
        Assert.That(error.Message, Does.Contain("sm_90").And.Contain($"NVRTC {nvrtc}").And.Contain("CUDA 11.8").And.Contain(series));
    }

    [Test]
    public void ADriverNewerThanTheTableIsAskedInsteadOfRefused()
    {
        var module = Samples.Module("m", Samples.Image("compute_80", "99.0"));
        var choice = ImageSelector.Choose(module, new(9, 0), PtxVersions.LimitFor(new(99, 0)));
        Assert.That(() => KernelLibrary.ThrowUnlessChosen(choice, "GPU", new(9, 0), new(99, 0), null), Throws.Nothing);
    }

    [Test]
    public void ParametersAreComparedByNumberOffsetAndSize()
    {
        var kernel = Samples.Kernel("k", ("float*", "x", 8), ("int", "n", 4), ("float", "e", 4));
        Assert.That(() => Check(kernel, (0, 8), (8, 4), (12, 4)), Throws.Nothing);
        Assert.That(() => Check(kernel, (0, 8), (8, 4)), Mismatch("takes 2 parameters in the image, 3 in the manifest"));
        Assert.That(() => Check(kernel, (0, 8), (8, 8), (16, 4)), Mismatch("parameter 1, 'n', has 8 bytes at offset 8"));
        Assert.That(() => Check(kernel, (0, 8), (8, 4), (16, 4)), Mismatch("parameter 2, 'e', has 4 bytes at offset 16"));
    }

    [Test]
    public void WhereTheDriverCompiledPtxItsOffsetsAreItsOwn()
    {
        var kernel = Samples.Kernel("k", ("int", "n", 4), ("wide", "aligned to 32 bytes", 32));
        Assert.That(() => ParameterCheck.Check("kernels/k", "compute_80", kernel, [(0, 4), (32, 32)], isPtx: true), Throws.Nothing);
        Assert.That(() => ParameterCheck.Check("kernels/k", "compute_80", kernel, [(0, 4), (32, 16)], isPtx: true),
            Throws.TypeOf<KernelLoadException>());
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Mismatch(string text) =>
        Throws.TypeOf<KernelLoadException>().With.Property(nameof(FusionException.Code)).EqualTo("FUSION2010")
            .And.Message.Contains("'k'").And.Message.Contains("sm_90").And.Message.Contains(text);

    private static void Check(KernelEntry kernel, params (int, int)[] actual) =>
        ParameterCheck.Check("kernels/k", "sm_90", kernel, actual, isPtx: false);

    private static void Demand(string[] images, ComputeCapability gpu, Version driver, ImageKind? kind = null)
    {
        var choice = ImageSelector.Choose(Samples.ModuleFor(images), gpu, PtxVersions.LimitFor(driver), kind);
        KernelLibrary.ThrowUnlessChosen(choice, "NVIDIA Test", gpu, driver, kind);
    }
}
