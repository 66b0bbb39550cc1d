using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class ProjectImages(string nvrtc) : NvrtcFixture(nvrtc)
{
    [Test]
    public void AKernelGivesOneImageAnArchitectureAndKind()
    {
        Project.Add("math/scale.cu", KernelProject.Simple, "sm_80;sm_90;compute_80");

        var run = Project.Run().MustSucceed();

        Assert.That(Project.Files, Is.EqualTo([
            "manifest.json", "math/scale.compute_80.ptx", "math/scale.sm_80.cubin", "math/scale.sm_80.job.json",
            "math/scale.sm_90.cubin", "math/scale.sm_90.job.json", "sources.json"]));
        Assert.That(run.Compiled, Is.EqualTo(["math/scale.cu -> sm_80", "math/scale.cu -> sm_90"]));
        Assert.That(run.Closing, Does.StartWith($"3 images compiled, 0 up to date, NVRTC {Nvrtc} ({NvrtcUnderTest.Library(Nvrtc)})"));
    }

    [Test]
    public void APtxImageDoesNotEndInAZeroByte()
    {
        Project.Add("k.cu", KernelProject.Simple, "compute_80");

        Project.Run().MustSucceed();

        Assert.That(Project.Files, Is.EqualTo(["k.compute_80.ptx", "k.sm_80.job.json", "manifest.json", "sources.json"]));
        Assert.That(File.ReadAllBytes(Path.Combine(Project.Images, "k.compute_80.ptx")), Does.Not.Contain((byte)0));
    }

    [Test]
    public void TheManifestDescribesTheKernels()
    {
        Project.Add("k.cu", "namespace math { __global__ void scale(const float* __restrict__ x, int count) { } }\n", "sm_80;compute_80");

        Project.Run().MustSucceed();

        var manifest = Project.Manifest;
        Assert.That((manifest.Nvrtc, manifest.Compiler), Is.EqualTo((Nvrtc, "1.2.3")));
        var module = manifest.Modules.Single();
        Assert.That((module.Name, module.Source), Is.EqualTo(("k", "k.cu")));
        Assert.That(module.Images.Select(i => (i.Architecture, i.Kind, i.Resource)), Is.EqualTo([
            ("sm_80", ImageKind.Cubin, "Fusion.Kernels/k.sm_80.cubin"), ("compute_80", ImageKind.Ptx, "Fusion.Kernels/k.compute_80.ptx")]));
        var entry = module.Images[0].Kernels.Single();
        Assert.That(entry.Name, Is.EqualTo("math::scale"));
        Assert.That(entry.Parameters.Select(p => (p.Name, p.Type, p.Offset, p.Size)), Is.EqualTo([("x", "const float*", 0, 8), ("count", "int", 8, 4)]));
    }

    [Test]
    public void NameExpressionsInstantiateTemplates()
    {
        var kernel = Project.Add("k.cu", "template <typename T> __global__ void scale(T* x) { *x *= 2; }\n");
        kernel["NameExpressions"] = "scale<float>; &scale<double>";

        Project.Run().MustSucceed();

        Assert.That(Project.Manifest.Modules[0].Images[0].Kernels.Select(k => k.Name), Is.EqualTo(["scale<double>", "scale<float>"]));
    }

    [Test]
    public void TwoFoldersWithTheSameSourcesGiveTheSameBytes()
    {
        using var other = new KernelProject(Nvrtc);
        foreach (var project in new[] { Project, other })
        {
            project.Write("inc/h.cuh", "__device__ inline const char* where() { return __FILE__; }\n");
            project.Add("b/k.cu", "#include <h.cuh>\nextern \"C\" __global__ void k(char* x) { x[0] = where()[0]; x[1] = __FILE__[1]; }\n", "sm_80;compute_80")["IncludePaths"] = "inc";
            project.Add("a.cu", KernelProject.Simple);
            project.Run().MustSucceed();
        }

        string[] files = [.. Project.Files.Where(f => !f.EndsWith(".job.json", StringComparison.Ordinal))];
        Assert.That(files, Has.Length.EqualTo(5));
        foreach (var file in files)
        {
            Assert.That(File.ReadAllBytes(Path.Combine(other.Images, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(Project.Images, file))), file);
        }
    }

    [Test]
    public void TheWordsAllAndAllMajorMeanWhatThisNvrtcHas()
    {
        Project.Add("k.cu", KernelProject.Simple, "all-major");

        Project.Run().MustSucceed();

        var oldest = Nvrtc == "11.8" ? "35" : "50";
        Assert.That(Project.Manifest.Modules[0].Images.Select(i => i.Architecture),
            Is.EqualTo([$"sm_{oldest}", $"compute_{oldest}", .. Nvrtc == "11.8" ? new[] { "sm_50" } : [], "sm_60", "sm_70", "sm_80", "sm_90"]));
    }
}
