using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Target frameworks, runtimes and configurations of one project: each with an output folder of its own.</summary>
public sealed class Siblings() : NvrtcFixture("12.4")
{
    [SetUp]
    public void TheFirstCompiles()
    {
        Project.Write("h.cuh", "#define FACTOR 2\n");
        Project.Add("k.cu", "#include \"h.cuh\"\n" + KernelProject.Simple, "sm_80;compute_80");
        GoTo("first");
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_80"]));
    }

    [Test]
    public void TakeWhatOneOfThemCompiled()
    {
        GoTo("second");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Compiled, Is.Empty);
        foreach (var file in new[] { "k.sm_80.cubin", "k.compute_80.ptx", "manifest.json" })
            Assert.That(Content("second", file), Is.EqualTo(Content("first", file)), file);
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [TestCase("h.cuh", Description = "a header")]
    [TestCase("k.cu")]
    public void CompileWhatChangedSince(string file)
    {
        File.AppendAllText(Project.PathOf(file), "// changed\n");
        GoTo("second");

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_80"]));
    }

    [Test]
    public void CompileWhereOptionsDiffer()
    {
        Project.Request.Kernels[0]["Defines"] = "OTHER";
        GoTo("second");

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_80"]));
    }

    [Test]
    public void DoNotTakeAnImageThatWasDamaged()
    {
        Project.Write("obj/first/fusion/k.sm_80.cubin", "damaged");
        GoTo("second");

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_80"]));
    }

    [Test]
    public void WaitForEachOther()
    {
        GoTo("second");

        var run = Project.RunWhileLocked("obj/fusion.lock").MustSucceed();

        Assert.That(run.Said[0].Message, Does.StartWith("Waiting for another fusionc").And.Contain(Project.PathOf("obj/fusion.lock")));
    }

    private byte[] Content(string framework, string file) => File.ReadAllBytes(Project.PathOf($"obj/{framework}/fusion/{file}"));

    private void GoTo(string framework)
    {
        Project.Request.SharedDirectory = Project.PathOf("obj");
        Project.Request.OutputDirectory = Project.PathOf($"obj/{framework}/fusion");
        Project.Request.StateFile = Project.PathOf($"obj/{framework}/fusion.state");
    }
}
