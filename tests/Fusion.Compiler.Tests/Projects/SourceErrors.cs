using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class SourceErrors(string nvrtc) : NvrtcFixture(nvrtc)
{
    [Test]
    public void AnErrorHasItsFileLineAndColumn()
    {
        Project.Add("sub (1): x/bad.cu", "// größer\nextern \"C\" __global__ void k(int* x) {\n\t/* äöü */ x[0] = nope;\n}\n", "sm_80;sm_90;compute_90");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.Message), Is.EqualTo(("FUSION1001", "identifier \"nope\" is undefined")));
        Assert.That(error.File, Is.EqualTo(Project.PathOf("sub (1): x/bad.cu")));
        Assert.That((error.Line, error.Column), Is.EqualTo((3, HasColumns ? 19 : 0)));
    }

    [TestCase("namespace a {\n__global__ void k(int* x) { x[0] = 1; }\n")]
    [TestCase("__global__ void k(int* x) {\n  x[0] = 1;\n")]
    [TestCase("__global__ void k(int* x) { x[0] = 1; }\nstruct A { int x; }\n")]
    [TestCase("__global__ void k(int* x) { x[0] = 1; }\n__device__ int x")]
    [TestCase("__global__ void k(int* x) { x[0] = 1; }\n#if 1\nstruct A;\n")]
    [TestCase("__global__ void k(int* x) { x[0] = 1; }\n/* open\n")]
    public void AnErrorAtTheEndIsInTheSource(string text)
    {
        Project.Add("k.cu", text);

        var run = Project.Run();

        Assert.That(run.Errors, Is.Not.Empty.And.All.Property("File").EqualTo(Project.PathOf("k.cu")), run.ToString());
        Assert.That(run.ToString(), Does.Not.Contain("fusion_unit"));
    }

    [Test]
    public void AnErrorInAHeaderNamesTheHeader()
    {
        Project.Write("inc/broken.cuh", "#pragma once\n__device__ int f() { return nope; }\n");
        Project.Add("k.cu", "#include <broken.cuh>\n" + KernelProject.Simple)["IncludePaths"] = "inc";

        var error = Project.Run().OnlyError();

        Assert.That((error.File, error.Line), Is.EqualTo((Project.PathOf("inc/broken.cuh"), 2)));
    }

    [Test]
    public void WhatOnlyOneArchitectureReportsNamesIt()
    {
        Project.Add("k.cu", "#if __CUDA_ARCH__ < 900\n#error too old\n#endif\n" + KernelProject.Simple, "sm_80;sm_90");

        Assert.That(Project.Run().OnlyError().Message, Does.Contain("too old").And.EndsWith("[sm_80]"));
    }

    [Test]
    public void AnInstantiationChainIsKept()
    {
        Project.Add("k.cu", """
            template <int N> struct Check { static_assert(N % 8 == 0, "hidden size must be a multiple of 8"); static constexpr int v = 1; };
            template <int N> __device__ int f() { return Check<N>::v; }
            extern "C" __global__ void k(int* x) { x[0] = f<9>(); }
            """);

        var lines = Project.Run().OnlyError().Message.Split('\n');

        Assert.That(lines[0], Does.Contain("hidden size must be a multiple of 8"));
        Assert.That(lines.Skip(1), Has.Some.Contains("instantiation of \"int f<N>() [with N=9]\" at line 3"));
    }

    [Test]
    public void AnErrorInInlinePtxIsFoundInTheSource()
    {
        Project.Write("asm.cuh", "__device__ inline void bad(int x) {\n  asm volatile(\"bogus.u32 %0;\" :: \"r\"(x));\n}\n");
        Project.Add("k.cu", "#include \"asm.cuh\"\nextern \"C\" __global__ void k(int* x) {\n  bad(x[0]);\n  asm volatile(\"griddepcontrol.wait;\");\n}\n", "compute_80");

        var errors = Project.Run().Errors;

        Assert.That(errors.Select(e => e.Code), Is.All.EqualTo("FUSION1003"));
        Assert.That(errors[0].Message, Is.EqualTo("ptxas: Not a name of any known instruction: 'bogus' (in the PTX: bogus.u32 %r1;)"));
        Assert.That((errors[0].File, errors[0].Line), Is.EqualTo((Project.PathOf("asm.cuh"), 2)));
        Assert.That(errors.Skip(1).Select(e => (e.File, e.Line)), Is.All.EqualTo((Project.PathOf("k.cu"), 4)));
    }

    [Test]
    public void AnErrorOfTheAssemblerWithoutAPlaceIsAboutTheKernel()
    {
        Project.Add("k.cu", "extern \"C\" __device__ int f();\nextern \"C\" __global__ void k(int* x) { x[0] = f(); }\n");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.Message, error.File), Is.EqualTo(("FUSION1003", "ptxas: Unresolved extern function 'f'", Project.PathOf("k.cu"))));
    }

    [Test]
    public void AllErrorsOfAProjectAreReportedInOneRun()
    {
        Project.Add("a.cu", "extern \"C\" __global__ void k() { nope(); }\n");
        Project.Add("b.cu", " \r\n\t\n");
        Project.AddExisting("c.cu");
        Project.Add("d.cu", KernelProject.Simple);

        var run = Project.Run();

        Assert.That(run.Errors.Select(e => (Path.GetFileName(e.File), e.Code)),
            Is.EquivalentTo([("a.cu", "FUSION1001"), ("b.cu", "FUSION1004"), ("c.cu", "FUSION1005")]));
        Assert.That(run.Compiled, Is.EqualTo(["d.cu -> sm_80"]));
        Assert.That(File.Exists(Path.Combine(Project.Images, "manifest.json")), Is.False);
        Assert.That(Project.WhyStale(), Is.EqualTo("there is no state"));
    }

    [Test]
    public void AWarningInASharedHeaderIsReportedOnceAndAgainWhenNothingIsCompiled()
    {
        Project.Write("h.cuh", "#pragma once\n__device__ inline int f() { int unused; return 1; }\n");
        Project.Add("a.cu", "#include \"h.cuh\"\n" + KernelProject.Simple, "sm_80;sm_90");
        Project.Add("b.cu", "#include \"h.cuh\"\n" + KernelProject.Simple, "sm_80;sm_90");

        foreach (var run in new[] { Project.Run().MustSucceed(), Project.Run().MustSucceed() })
        {
            Assert.That(run.Warnings.Select(w => (w.Code, w.File, w.Line)), Is.EqualTo([("FUSION1002", Project.PathOf("h.cuh"), 2)]));
            Assert.That(run.Warnings[0].Message, Does.StartWith("#177-D: "));
        }
    }
}
