using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Precompiled;

public sealed class AnNvrtcThatPrecompilesNothing() : NvrtcFixture("12.4")
{
    [Test]
    public void IsAWarningForAProjectThatAsksForIt()
    {
        AddKernels("true");
        Project.Request.Defaults = new KernelRequest { ["PrecompiledHeaders"] = "true" };

        var warning = Project.Run().MustSucceed().Warnings.Single();

        Assert.That((warning.Code, warning.File), Is.EqualTo(("FUSION1016", "")));
        Assert.That(warning.Message, Does.StartWith($"FusionPrecompiledHeaders is true, and NVRTC 12.4 ('{NvrtcUnderTest.Library("12.4")}') cannot precompile headers: 12.8 and later can."));
        Assert.That(BuildState.Read(Project.Request.StateFile)!.Diagnostics.Select(said => said.Message), Has.Member(warning.Message), "a build with nothing to do says it too");
    }

    [TestCase("auto")]
    [TestCase("false")]
    [TestCase("")]
    public void SaysNothingElsewhere(string value)
    {
        AddKernels(value);

        Assert.That(Project.Run().MustSucceed().ToString(), Does.Not.Contain("recompile"));
    }

    [TestCase("-pch")]
    [TestCase("--create-pch=x.pch")]
    [TestCase("--use_pch=x.pch")]
    [TestCase("--pch-dir=.")]
    public void IsNoReasonToGiveItOptionsOfItsOwn(string option)
    {
        Project.Add("a.cu", KernelProject.Simple)["AdditionalOptions"] = option;

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.Message), Is.EqualTo(("FUSION1020",
            $"AdditionalOptions has '{option}'; use Architectures, Std, MaxRegisters or PrecompiledHeaders instead.")));
    }

    private void AddKernels(string value)
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) Project.Add($"{name}.cu", KernelProject.Simple)["PrecompiledHeaders"] = value;
    }
}
