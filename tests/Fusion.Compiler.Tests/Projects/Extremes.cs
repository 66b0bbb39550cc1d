using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

public sealed class Extremes() : NvrtcFixture("12.4")
{
    [Test]
    [Category("Nightly")]
    public void FiveHundredKernelsAreFiveHundredImages()
    {
        for (var i = 0; i < 500; i++) Project.Add($"k{i:000}.cu", $"extern \"C\" __global__ void k{i:000}() {{}}\n");

        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(500));

        Assert.That(Project.Manifest.Modules, Has.Count.EqualTo(500));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    [Category("Nightly")]
    public void ASourceOfFiveMegabytesCompiles()
    {
        var padding = string.Concat(Enumerable.Repeat("// " + new string('x', 97) + "\n", 50_000));
        Project.Add("k.cu", padding + KernelProject.Simple);

        Project.Run().MustSucceed();

        Assert.That(new FileInfo(Project.PathOf("k.cu")).Length, Is.GreaterThan(5_000_000));
        Assert.That(Project.Manifest.Modules[0].Images[0].Kernels[0].Name, Is.EqualTo("k"));
    }

    [Test]
    [Category("Nightly")]
    public void AnErrorAtTheEndOfFiveMegabytesHasItsLine()
    {
        Project.Add("k.cu", string.Concat(Enumerable.Repeat("// " + new string('x', 97) + "\n", 50_000))
            + "extern \"C\" __global__ void k(int* x) { *x = unknown; }\n");

        Assert.That(Project.Run().OnlyError().Line, Is.EqualTo(50_001));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void HeadersThatIncludeEachOtherWithAGuardAreFine(bool mayTrace)
    {
        Project.MayTrace = mayTrace;
        Project.Write("a.cuh", "#pragma once\n#include \"b.cuh\"\n#define A 1\n");
        Project.Write("b.cuh", "#pragma once\n#include \"a.cuh\"\n#define B 2\n");
        Project.Add("k.cu", "#include \"a.cuh\"\nextern \"C\" __global__ void k(int* x) { *x = A + B; }\n");

        Project.Run().MustSucceed();
    }

    [Test]
    public void HeadersThatIncludeEachOtherWithoutEndAreAnErrorAtTheInclude()
    {
        Project.Write("a.cuh", "#include \"b.cuh\"\n");
        Project.Write("b.cuh", "#include \"a.cuh\"\n");
        Project.Add("k.cu", "#include \"a.cuh\"\n" + KernelProject.Simple);

        var run = Project.Run();

        Assert.That(run.Succeeded, Is.False);
        Assert.That(run.Errors.Select(e => e.Code), Is.All.EqualTo("FUSION1001"));
        Assert.That(run.Errors.Select(e => e.File), Has.Some.EqualTo(Project.PathOf("a.cuh")).Or.Some.EqualTo(Project.PathOf("b.cuh")), run.ToString());
        Assert.That(Project.Files, Is.Empty);
    }
}
