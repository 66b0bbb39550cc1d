namespace Fusion.Runtime.Tests.Modules;

public sealed class KernelLookups
{
    private static readonly (string Module, string Name)[] Kernels =
    [
        ("norm", "rms_norm"), ("norm", "layer_norm"), ("quant", "scale<float>"), ("quant", "convert"), ("copy", "convert"),
    ];

    [Test]
    public void ANameThatOneModuleHasNeedsNoModule() =>
        Assert.That(Find(null, "rms_norm"), Is.EqualTo(("norm", "rms_norm")));

    [Test]
    public void TheModuleTellsKernelsOfOneNameApart() =>
        Assert.That(Find("copy", "convert"), Is.EqualTo(("copy", "convert")));

    [Test]
    public void ANameThatSeveralModulesHaveIsAmbiguous() =>
        Assert.That(() => Find(null, "convert"), Throws.TypeOf<FusionArgumentException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2009")
            .And.Message.Contains("'quant', 'copy'").And.Message.Contains("GetKernel(\"quant\", \"convert\")"));

    [TestCase("rmsnorm", "Did you mean 'rms_norm'?")]
    [TestCase("RMS_Norm", "Did you mean 'rms_norm'?")]
    [TestCase("scale", "Did you mean 'scale<float>'?")]
    [TestCase("attention", "There is no kernel 'attention'. There is: rms_norm, layer_norm")]
    public void AnUnknownNameSaysWhatIsNearAndWhatIsThere(string name, string text) =>
        Assert.That(() => Find(null, name), Throws.TypeOf<FusionArgumentException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2008").And.Message.Contains(text));

    [Test]
    public void AnUnknownModuleSaysWhichModulesThereAre() =>
        Assert.That(() => Find("norms", "rms_norm"), Throws.TypeOf<FusionArgumentException>()
            .With.Message.Contains("in the module 'norms'").And.Message.Contains("norm: rms_norm"));

    [Test]
    public void ANameInAnotherModuleIsNotFoundInThisOne() =>
        Assert.That(() => Find("quant", "rms_norm"), Throws.TypeOf<FusionArgumentException>()
            .With.Message.Contains("There is: scale<float>, convert"));

    private static (string, string) Find(string? module, string name) =>
        KernelLookup.Find(Kernels, kernel => kernel, module, name);
}
