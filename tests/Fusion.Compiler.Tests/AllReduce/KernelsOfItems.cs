using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.AllReduce;

/// <summary>The kernels of a FusionAllReduce item, compiled.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class KernelsOfItems(string nvrtc) : NvrtcFixture(nvrtc)
{
    private static readonly string Headers = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    [Test]
    public void AreInTheManifestAndOnlyTheirSourcesStayBesideThem()
    {
        Project.Request.FusionIncludePath = Headers;
        Project.Request.AllReduces.Add(Items.Of(hidden: "16384", ranks: "2", epilogues: "residual+rmsnorm+nvfp4"));

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings, Is.Empty);
        const string module = "fusion-allreduce/llama.bf16.residual_rmsnorm_nvfp4";
        Assert.That(Project.Files, Is.EqualTo([$"{module}.cu", $"{module}.sm_80.cubin", $"{module}.sm_80.job.json", "manifest.json", "sources.json"]));
        var kernels = Project.Manifest.Modules.Single(one => one.Name == module).Images.Single().Kernels;
        Assert.That(kernels.Select(kernel => AllReduceKernelName.TryParse(kernel.Name, out var name) ? name.HiddenSize : 0),
            Is.EqualTo([16384, 16384, 16384]));
        // Two vectors a thread are in registers; the kernels for all models have 256 bytes of them in local memory.
        Assert.That(kernels.Select(kernel => kernel.LocalBytes), Has.All.LessThan(64));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void GoWithTheirItem()
    {
        Project.Request.FusionIncludePath = Headers;
        Project.Add("k.cu", KernelProject.Simple);
        Project.Request.AllReduces.Add(Items.Of(hidden: "64", ranks: "2", epilogues: "none"));
        Project.Run().MustSucceed();

        Project.Request.AllReduces.Clear();

        Assert.That(Project.WhyStale(), Does.Contain("list"));
        Project.Run().MustSucceed();
        Assert.That(Project.Files, Has.None.Contains("fusion-allreduce"));
        Assert.That(Project.Manifest.Modules.Select(module => module.Name), Is.EqualTo(["k"]));
    }

    [Test]
    public void AreNotCompiledWhereTheItemIsWrong()
    {
        Project.Request.AllReduces.Add(Items.Of(ranks: "9"));

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1704"));
        Assert.That(Project.Files, Is.Empty);
    }

    [Test]
    public void SurviveTheTextOfARequest()
    {
        Project.Request.AllReduces.Add(Items.Of("a;b\tc"));

        var read = CompileRequest.Parse(Project.Request.ToText());

        Assert.That(read.ToText(), Is.EqualTo(Project.Request.ToText()));
        Assert.That(read.AllReduces.Single().Name, Is.EqualTo("a;b\tc"));
    }
}
