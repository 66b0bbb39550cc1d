using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>A toolkit of a distribution has its headers in the folder of the host's.</summary>
public sealed class HeadersOfADistribution() : NvrtcFixture("12.4")
{
    private const string Version = "#define CUDA_VERSION 12040\n";

    [SetUp]
    public void MakeADistribution()
    {
        Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");
        Project.Request.NvrtcPath = Project.PathOf("../usr");
        Directory.CreateDirectory(Project.PathOf("../usr/lib/x86_64-linux-gnu"));
        foreach (var library in Directory.GetFiles(Path.Combine(NvrtcUnderTest.Folder("12.4"), "lib")))
            File.CreateSymbolicLink(Project.PathOf($"../usr/lib/x86_64-linux-gnu/{Path.GetFileName(library)}"), library);
        Project.Write("../usr/include/stdio.h", "#error the host's\n");
        Project.Write("../usr/include/stdint.h", "#error the host's\n");
    }

    [Test]
    public void AreFoundBehindThoseOfTheSdk()
    {
        Project.Write("../usr/include/cuda.h", Version);
        Project.Write("../usr/include/curand_kernel.h", "#define CURAND 1\n");
        Project.Add("k.cu", $"#include <stdint.h>\n#include <curand_kernel.h>\n#if !CURAND\n#error another\n#endif\n{KernelProject.Simple}");

        Project.Run().MustSucceed();
    }

    [Test]
    public void OfAnotherVersionAreNotFound()
    {
        Project.Write("../usr/include/cuda.h", "#define CUDA_VERSION 11080\n");
        Project.Write("../usr/include/curand_kernel.h", "#define CURAND 1\n");
        Project.Add("k.cu", $"#include <curand_kernel.h>\n{KernelProject.Simple}");

        Assert.That(Project.Run().OnlyError().Message, Does.StartWith("There is no header 'curand_kernel.h'"));
    }

    [Test]
    public void ThatIncludeThemselvesThroughTheSdksEndClearly()
    {
        Project.Write("include/cuda_fp16.h", "#include <cuda_bf16.h>\n#include <cuda_fp16.h>\n");
        Project.Add("k.cu", $"#include <cuda_fp16.h>\n{KernelProject.Simple}")["IncludePaths"] = "include";

        var run = Project.Run();

        Assert.That(run.Errors, Is.Not.Empty.And.All.Property("Code").EqualTo("FUSION1001"));
        Assert.That(run.Errors[0].Message, Does.Contain("includes itself"));
    }
}
