using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class SourcesThatOthersInclude(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Helper = "__device__ inline float half_of(float x) { return x / 2; }\n";
    private const string Kernel = "#include \"helper.cu\"\n__global__ void k(float* x) { *x = half_of(*x); }\n";

    [Test]
    public void WithoutAKernelAreNotCompiledAlone()
    {
        Project.Add("sub/helper.cu", Helper);
        Project.Add("sub/k.cu", Kernel);

        var run = Project.Run().MustSucceed();

        Assert.That(run.Compiled, Is.EqualTo(["sub/k.cu -> sm_80"]));
        Assert.That(run.Warnings, Is.Empty);
        Assert.That(Project.Manifest.Modules.Select(module => module.Name), Is.EqualTo(["sub/k"]));
    }

    [Test]
    public void AreCompiledAgainWithTheirIncluder()
    {
        Project.Add("helper.cu", Helper);
        Project.Add("k.cu", Kernel);
        Project.Run().MustSucceed();
        Project.Write("helper.cu", Helper + "// changed\n");

        Assert.That(Project.WhyStale(), Does.Contain("helper.cu"));
    }

    [Test]
    public void WithAKernelAreCompiledAloneUnlessTheProjectSaysOtherwise()
    {
        var helper = Project.Add("helper.cu", Helper + "__global__ void other() {}\n");
        Project.Add("k.cu", Kernel);
        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(2));

        helper["HeaderOnly"] = "true";
        Project.Run().MustSucceed();
        Assert.That(Project.Manifest.Modules.Select(module => module.Name), Is.EqualTo(["k"]));
        Assert.That(Project.Manifest.Modules[0].Images[0].Kernels.Select(kernel => kernel.Name), Is.EquivalentTo(["k", "other"]));
    }

    [Test]
    public void AreCompiledAloneWhereTheProjectSaysSo()
    {
        Project.Add("helper.cu", Helper)["HeaderOnly"] = "false";
        Project.Add("k.cu", Kernel);

        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(2));
    }

    [Test]
    public void NeedAWordThatIsKnown()
    {
        Project.Add("k.cu", KernelProject.Simple)["HeaderOnly"] = "perhaps";

        Assert.That(Project.Run().OnlyError().Message, Is.EqualTo("HeaderOnly is 'perhaps'; expected true or false."));
    }
}
