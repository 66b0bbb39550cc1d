using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

public sealed class Toolkits() : NvrtcFixture("12.4")
{
    [Test]
    public void TheHeadersOfAToolkitAreFoundAfterAllOthers()
    {
        Directory.CreateDirectory(Project.PathOf("toolkit/include"));
        Directory.CreateSymbolicLink(Project.PathOf("toolkit/lib64"), Path.Combine(NvrtcUnderTest.Folder(Nvrtc), "lib"));
        Project.Write("toolkit/include/cuda.h", "#define CUDA_VERSION 12040\n");
        Project.Write("toolkit/include/mine.cuh", "#error the kernel's own comes first\n");
        Project.Write("inc/mine.cuh", "#define MINE 1\n");
        Project.Add("k.cu", "#include <cuda.h>\n#include <mine.cuh>\nextern \"C\" __global__ void k(int* x) { *x = CUDA_VERSION + MINE; }\n")["IncludePaths"] = "inc";
        Project.Request.NvrtcPath = "toolkit";

        Project.Run().MustSucceed();
    }

    [Test]
    public void AnOldNvrtcSaysThatItDoesNotHaveHopperInFull()
    {
        Project.Request.NvrtcPath = NvrtcUnderTest.Folder("11.8");
        Project.Add("k.cu", KernelProject.Simple, "sm_80;sm_90a");

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1012"));
        Assert.That(error.Message, Does.StartWith($"NVRTC 11.8 ('{NvrtcUnderTest.Library("11.8")}') does not compile for sm_90a; it has sm_35 ")
            .And.Contain("NVRTC 12.0 or later would do").And.Contain("FusionSkipUnsupportedArchitectures"));
    }

    [Test]
    public void AnotherNvrtcCompilesEverythingAgain()
    {
        Project.Add("k.cu", KernelProject.Simple);
        Project.Run().MustSucceed();
        Project.Request.NvrtcPath = NvrtcUnderTest.Folder("11.8");

        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(1));
        Assert.That(Project.Manifest.Nvrtc, Is.EqualTo("11.8"));
    }
}
