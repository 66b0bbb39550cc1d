using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Caching;

/// <summary>What depends on a folder is of use in that folder alone, and what depends on the time is not cached.</summary>
public sealed class WhatIsNotShared
{
    private TwoClones clones = null!;

    [SetUp]
    public void Create() => clones = new TwoClones("12.4");

    [TearDown]
    public void Remove() => clones.Dispose();

    [Test]
    public void InformationForADebuggerNamesTheFolder()
    {
        clones.Add("a.cu", KernelProject.Simple);
        clones.Both(clone => clone.Request.Kernels[0]["Debug"] = "true");

        OnlyTheSameFolderFindsIt();
    }

    [Test]
    public void LinesForProfilersAreTheSameInEachClone()
    {
        clones.Write("inc/twice.cuh", "__device__ inline float twice(float x) {\n  return 2 * x; }\n");
        clones.Add("a.cu", "#include <twice.cuh>\nextern \"C\" __global__ void k(float* x) { *x = twice(*x); }\n");
        clones.Both(clone => clone.Request.Kernels[0]["LineInfo"] = "true");

        Assert.That(clones.FirstThenSecond().Cached, Is.EqualTo(["a.cu -> sm_80"]));
    }

    [Test]
    public void AHeaderOutsideTheProjectMayNameItself()
    {
        clones.Write("../sdk/h.cuh", "#pragma once\n__device__ inline const char* here() { return __FILE__; }\n");
        clones.Both(clone => clone.Request.FusionIncludePath = clone.PathOf("../sdk"));
        clones.Add("a.cu", "#include <h.cuh>\nextern \"C\" __global__ void k(char* x) { *x = here()[threadIdx.x]; }\n");

        OnlyTheSameFolderFindsIt();
    }

    [Test]
    public void ASourceInsideTheProjectHasTheSameNameInEachClone()
    {
        clones.Add("a.cu", "extern \"C\" __global__ void k(char* x) { *x = __FILE__[threadIdx.x]; }\n");

        Assert.That(clones.FirstThenSecond().Cached, Is.EqualTo(["a.cu -> sm_80"]));
    }

    [Test]
    public void TheTimeIsNeverCached()
    {
        clones.Write("inc/h.cuh", "#define NOW __TIME__\n");
        clones.Add("a.cu", "#include <h.cuh>\nextern \"C\" __global__ void k(char* x) { *x = NOW[threadIdx.x]; }\n");
        clones.Add("b.cu", KernelProject.Simple);
        clones.Both(clone => clone.Request.Kernels[1]["Defines"] = "WHEN=__DATE__");

        Assert.That(clones.FirstThenSecond().Cached, Is.Empty);
        Assert.That(clones.Entries, Is.Empty);
    }

    [TestCase("--pre-include=x.cuh")]
    [TestCase("-I;elsewhere")]
    public void AnOptionThatNamesFilesIsNeverCached(string options)
    {
        clones.Write("x.cuh", "");
        clones.Add("a.cu", KernelProject.Simple);
        clones.Both(clone => clone.Request.Kernels[0]["AdditionalOptions"] = options);

        clones.FirstThenSecond();

        Assert.That(clones.Entries, Is.Empty);
    }

    [Test]
    public void AnotherNvrtcCompilesItself()
    {
        clones.Add("a.cu", KernelProject.Simple);
        clones.Second.Request.NvrtcPath = NvrtcUnderTest.Folder("11.8");

        Assert.That(clones.FirstThenSecond().Compiled, Is.EqualTo(["a.cu -> sm_80"]));
        Assert.That(clones.Second.Manifest.Nvrtc, Is.EqualTo("11.8"));
    }

    // Where libcu++ and CUB are, NVRTC takes what says nothing for the GPU's, unless the project wants to hear of code for the host.
    [Test]
    public void TheChoiceAboutCodeForTheHostCountsWhereLibcuxxAndCubAre()
    {
        clones.Write("cccl/cub/version.cuh", "");
        clones.Both(clone => clone.Request.CcclPath = clone.PathOf("cccl"));
        clones.Add("a.cu", "constexpr int twice(int n) { return 2 * n; }\nextern \"C\" __global__ void k(int* x) { *x = twice(*x); }\n");
        clones.Second.Request.Kernels[0]["HostCode"] = "Error";

        clones.First.Run().MustSucceed();

        Assert.That(clones.Second.Run().OnlyError().Message, Does.Contain("code for the host"));
    }

    [Test]
    public void WhatDoesNotCompileIsNotCached()
    {
        clones.Add("a.cu", "nope\n");

        Assert.That(clones.First.Run().Succeeded, Is.False);
        Assert.That(clones.Second.Run().Errors.Select(e => e.File), Is.All.EqualTo(clones.Second.PathOf("a.cu")).And.Not.Empty);
        Assert.That(clones.Entries, Is.Empty);
    }

    [Test]
    public void AHeaderThatChangesDuringTheBuildIsNotCached()
    {
        clones.Write("inc/h.cuh", "#define VALUE 1\n");
        clones.Add("a.cu", "#include <h.cuh>\nextern \"C\" __global__ void k(int* x) { *x = VALUE; }\n", "sm_80;sm_90");

        clones.First.RunAndMeanwhile(() => clones.First.Write("inc/h.cuh", "#define VALUE 2\n"), () => { }).MustSucceed();

        Assert.That(clones.Entries, Has.Length.EqualTo(1), "of the first architecture");
    }

    private void OnlyTheSameFolderFindsIt()
    {
        Assert.That(clones.FirstThenSecond().Compiled, Is.EqualTo(["a.cu -> sm_80"]));
        Directory.Delete(clones.First.Images, recursive: true);
        Assert.That(clones.First.Run().MustSucceed().Cached, Is.EqualTo(["a.cu -> sm_80"]));
    }
}
