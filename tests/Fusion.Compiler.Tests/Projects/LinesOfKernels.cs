using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Each run has one line a kernel: which images, where they come from, and why.</summary>
public sealed class LinesOfKernels() : NvrtcFixture("12.4")
{
    [SetUp]
    public void TheFirstRun()
    {
        Project.Write("x.cuh", "#define FACTOR 2\n");
        Project.Add("a.cu", "#include \"x.cuh\"\n" + KernelProject.Simple, "sm_80;compute_80;sm_90");
        Project.Add("sub/b.cu", KernelProject.Simple);
        var lines = Project.Run().MustSucceed().KernelLines;

        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines, Has.Some.Match(@"^a\.cu: compiled for sm_80, compute_80, sm_90 \(3 images, \d+\.\d s\): new$"));
        Assert.That(lines, Has.Some.Match(@"^sub/b\.cu: compiled for sm_80 \(1 image, \d+\.\d s\): new$"));
    }

    [Test]
    public void TellWhatIsFresh() =>
        Assert.That(Lines(), Is.EquivalentTo(["a.cu: fresh for sm_80, compute_80, sm_90 (3 images)", "sub/b.cu: fresh for sm_80 (1 image)"]));

    [Test]
    public void AreSaidAgainByABuildThatHasNothingToDo()
    {
        var state = Build.Contract.BuildState.Read(Project.Request.StateFile)!;

        Assert.That(state.Diagnostics.Select(said => said.Message), Has.Member("a.cu: fresh for sm_80, compute_80, sm_90 (3 images)")
            .And.Some.Matches("^a\\.cu, sm_90: NVRTC's options are -arch=sm_90 .*-std=c\\+\\+17$"));
    }

    [TestCase("a.cu", "source changed")]
    [TestCase("x.cuh", "header x.cuh changed")]
    public void TellWhichFileChanged(string file, string why)
    {
        File.AppendAllText(Project.PathOf(file), "// changed\n");

        Assert.That(Lines("a.cu"), Does.StartWith("a.cu: compiled for sm_80, compute_80, sm_90 (3 images, ").And.EndsWith($"): {why}"));
    }

    [Test]
    public void TellThatAHeaderAppeared()
    {
        Project.Request.Kernels[0]["IncludePaths"] = "first";
        Project.Write("inc/y.cuh", "");
        Project.Write("a.cu", "#include <y.cuh>\n" + KernelProject.Simple);
        Project.Request.Kernels[0]["IncludePaths"] = "first;inc";
        Project.Run().MustSucceed();
        Project.Write("first/y.cuh", "");

        Assert.That(Lines("a.cu"), Does.EndWith("): header first/y.cuh appeared"));
    }

    [Test]
    public void TellThatOptionsChanged()
    {
        Project.Request.Kernels[1]["Defines"] = "X=1";

        Assert.That(Lines("sub/b.cu"), Does.EndWith("): options changed"));
    }

    [Test]
    public void HaveAPartForEachWay()
    {
        Project.Request.Kernels[1]["Architectures"] = "sm_80;sm_90";

        Assert.That(Lines("sub/b.cu"), Does.Match(@"^sub/b\.cu: compiled for sm_90 \(1 image, \d+\.\d s\): new; fresh for sm_80 \(1 image\)$"));
    }

    [Test]
    public void TellThatAnImageIsMissing()
    {
        File.Delete(Path.Combine(Project.Images, "sub/b.sm_80.cubin"));

        Assert.That(Lines("sub/b.cu"), Does.EndWith("): image sub/b.sm_80.cubin is missing or was changed"));
    }

    [Test]
    public void TellThatTheLastCompilationFailed()
    {
        Project.Write("sub/b.cu", "nonsense");
        Assert.That(Project.Run().KernelLines, Has.None.StartsWith("sub/b.cu"));
        Project.Write("sub/b.cu", KernelProject.Simple);

        Assert.That(Lines("sub/b.cu"), Does.EndWith("): the last compilation did not finish"));
    }

    [Test]
    public void TellWhatComesFromTheCacheOrAnotherConfiguration()
    {
        (Project.Request.Cache, Project.Request.CachePath) = (true, "cache");
        Project.Request.SharedDirectory = Project.PathOf("obj");
        Directory.Delete(Project.Images, recursive: true);
        Project.Run().MustSucceed();
        Directory.Delete(Project.Images, recursive: true);

        Assert.That(Lines("sub/b.cu"), Is.EqualTo("sub/b.cu: from the compile cache for sm_80 (1 image): new"));
        Project.Request.OutputDirectory = Project.PathOf("obj/Release/fusion");
        Project.Request.StateFile = Project.PathOf("obj/Release/fusion.state");
        Assert.That(Lines("sub/b.cu"), Is.EqualTo("sub/b.cu: from another configuration of the project for sm_80 (1 image): new"));
    }

    [Test]
    public void TellWhatIsPrebuilt()
    {
        Directory.Move(Project.Images, Project.PathOf("prebuilt"));
        Project.Request.PrebuiltPath = "prebuilt";

        Assert.That(Lines("a.cu"), Is.EqualTo("a.cu: prebuilt for sm_80, compute_80, sm_90 (3 images)"));
    }

    private string[] Lines() => Project.Run().MustSucceed().KernelLines;

    private string Lines(string kernel) => Lines().Single(line => line.StartsWith($"{kernel}: ", StringComparison.Ordinal));
}
