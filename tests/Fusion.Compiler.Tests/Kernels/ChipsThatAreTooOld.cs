using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class ChipsThatAreTooOld(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Kernel = "extern \"C\" __global__ void k(fusion::bf16* x, const float* y) { x[0] = fusion::ptx::cvt_rn_bf16(y[0]); }\n";

    [SetUp]
    public void HaveTheHeaders() => Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    [Test]
    public void AreOneErrorOfTheKernelThatIncludesAHeaderOfTheSdk()
    {
        Project.Add("k.cu", "// A comment.\n#include <fusion/ptx/convert.cuh>\n" + Kernel, "sm_75;sm_80");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File, error.Line), Is.EqualTo(("FUSION1001", Project.PathOf("k.cu"), 2)));
        Assert.That(error.Message, Does.Contain("need sm_80 or newer").And.Contain("FusionArchitectures").And.Contain("[sm_75]"));
    }

    [Test]
    public void AreAnErrorOfEachKernelAlsoWhereAHeaderOfTheProjectIncludesIt()
    {
        Project.Write("mine.cuh", "#pragma once\n#include <fusion/ptx/convert.cuh>\n");
        Project.Add("a.cu", "#include \"mine.cuh\"\n" + Kernel, "sm_70");
        Project.Add("b.cu", "#include \"mine.cuh\"\n" + Kernel, "sm_70");
        Project.Add("without.cu", KernelProject.Simple, "sm_70");

        var run = Project.Run();

        Assert.That(run.Errors.Select(e => (Path.GetFileName(e.File), e.Line)), Is.EquivalentTo([("a.cu", 0), ("b.cu", 0)]));
        Assert.That(run.Compiled, Is.EqualTo(["without.cu -> sm_70"]));
    }
}
