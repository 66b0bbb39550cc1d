using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", true, Category = "Nightly")]
[TestFixture("12.4", true)]
[TestFixture("12.4", false)]
public sealed class Freshness(string nvrtc, bool mayTrace) : NvrtcFixture(nvrtc)
{
    private const string UsesHeader = "#include <h.cuh>\nextern \"C\" __global__ void k(int* x) { *x = VALUE; }\n";

    [SetUp]
    public void CompileTwoKernels()
    {
        Project.MayTrace = mayTrace;
        Project.Write("inc/h.cuh", "#define VALUE 1\n");
        Project.Add("a.cu", UsesHeader, "sm_80;sm_90")["IncludePaths"] = "first;inc";
        Project.Add("b.cu", KernelProject.Simple);
        Directory.CreateDirectory(Project.PathOf("first"));
        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(3));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void NothingChangedMeansNothingIsCompiled()
    {
        var run = Project.Run().MustSucceed();

        Assert.That(run.Compiled, Is.Empty);
        Assert.That(run.Closing, Does.StartWith("0 images compiled, 3 up to date"));
    }

    [Test]
    public void ChangingAHeaderRebuildsOnlyTheKernelsThatIncludeIt()
    {
        Project.Write("inc/h.cuh", "#define VALUE 2\n");

        Assert.That(Project.WhyStale(), Does.Contain("h.cuh"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["a.cu -> sm_80", "a.cu -> sm_90"]));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void TouchingAHeaderWithoutChangingItRebuildsNothing()
    {
        File.SetLastWriteTimeUtc(Project.PathOf("inc/h.cuh"), DateTime.UtcNow);

        Assert.That(Project.WhyStale(), Is.Null);
        Assert.That(Project.Run().MustSucceed().Compiled, Is.Empty);
    }

    [Test]
    public void AHeaderThatShadowsAnotherRebuilds()
    {
        Project.Write("first/h.cuh", "#define VALUE 3\n");

        Assert.That(Project.WhyStale(), Does.Contain(Project.PathOf("first/h.cuh")));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["a.cu -> sm_80", "a.cu -> sm_90"]));
    }

    [Test]
    public void AHeaderThatHasIncludeMissedRebuilds()
    {
        Project.Add("c.cu", "#if __has_include(<maybe.cuh>)\n#define V 1\n#else\n#define V 2\n#endif\nextern \"C\" __global__ void k(int* x) { *x = V; }\n")["IncludePaths"] = "inc";
        Project.Run().MustSucceed();
        Project.Write("inc/maybe.cuh", "");

        Assert.That(Project.WhyStale(), Does.Contain("maybe.cuh"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["c.cu -> sm_80"]));
    }

    [Test]
    public void ChangingADefineRebuildsThatKernel()
    {
        Project.Request.Kernels[1]["Defines"] = "X=1";

        Assert.That(Project.WhyStale(), Is.EqualTo("the kernels' list or options changed"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["b.cu -> sm_80"]));
    }

    [TestCase("a.sm_90.cubin", "a.cu -> sm_90")]
    [TestCase("b.sm_80.job.json", "b.cu -> sm_80")]
    public void ADeletedFileOfAJobIsMadeAgain(string file, string job)
    {
        File.Delete(Path.Combine(Project.Images, file));

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo([job]));
        Assert.That(Project.Files, Does.Contain(file));
    }

    [Test]
    public void ADamagedImageIsMadeAgain()
    {
        var image = Path.Combine(Project.Images, "b.sm_80.cubin");
        var bytes = File.ReadAllBytes(image);
        bytes[^1] ^= 1;
        File.WriteAllBytes(image, bytes);

        Assert.That(Project.WhyStale(), Does.Contain("b.sm_80.cubin"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["b.cu -> sm_80"]));
    }

    [TestCase("{")]
    [TestCase("null", Category = "Nightly")]
    [TestCase("{\"key\":null}", Category = "Nightly")]
    public void ARecordThatCannotBeReadIsNoObstacle(string text)
    {
        File.WriteAllText(Path.Combine(Project.Images, "b.sm_80.job.json"), text);

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["b.cu -> sm_80"]));
    }

    [Test]
    public void ADeletedOrRenamedKernelLeavesNothing()
    {
        Project.Add("old/deep/c.cu", KernelProject.Simple);
        Project.Run().MustSucceed();
        File.WriteAllText(Path.Combine(Project.Images, "b.sm_80.cubin.fusion-part"), "half");
        Project.Request.Kernels.RemoveAt(2);
        Project.Request.Kernels[1].Name = "renamed";

        Project.Run().MustSucceed();

        Assert.That(Project.Files, Has.None.StartsWith("old").And.None.StartsWith("b.").And.None.EndsWith(".fusion-part"));
        Assert.That(Directory.Exists(Path.Combine(Project.Images, "old")), Is.False);
        Assert.That(Project.Manifest.Modules.Select(m => m.Name), Is.EqualTo(["a", "renamed"]));
    }

    [Test]
    public void TheStateOfTheLastGoodRunStaysAndIsNotBelieved()
    {
        Project.Write("b.cu", "nope\n");
        Assert.That(Project.Run().Succeeded, Is.False);
        Assert.That(Project.Request.StateFile, Does.Exist, "another build may be reading it");
        Assert.That(Project.WhyStale(), Does.Contain("b.cu"));

        Project.Write("b.cu", KernelProject.Simple);
        Assert.That(Project.WhyStale(), Is.Null, "all is again as it was");
        Project.Write("b.cu", "nope\n");
        File.Delete(Path.Combine(Project.Images, "b.sm_80.cubin"));
        Project.Write("b.cu", KernelProject.Simple);
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["b.cu -> sm_80"]));
    }

    [Test]
    public void AStateThatIsAFolderIsAnErrorThatNamesIt()
    {
        File.Delete(Project.Request.StateFile);
        Directory.CreateDirectory(Project.Request.StateFile);

        Assert.That(Project.WhyStale(), Is.EqualTo("there is no state"));
        var error = Project.Run().OnlyError();
        Assert.That(error.Code, Is.EqualTo("FUSION1031"));
        Assert.That(error.Message, Does.Contain(Project.Request.StateFile));
    }

    [Test]
    public void ALockThatCannotBeTakenIsNotWaitedFor()
    {
        File.Delete(Project.Request.StateFile + ".lock");
        Directory.CreateDirectory(Project.Request.StateFile + ".lock");

        Assert.That(Project.Run().OnlyError().Code, Is.EqualTo("FUSION1031"));
    }

    [Test]
    public void AFailedBuildKeepsWhatSucceeded()
    {
        Project.Write("a.cu", "nope\n");
        Project.Write("b.cu", KernelProject.Simple + "// changed\n");
        Assert.That(Project.Run().Succeeded, Is.False);
        Project.Write("a.cu", UsesHeader);

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["a.cu -> sm_80", "a.cu -> sm_90"]));
    }

    [Test]
    public void NoOtherCompilerGetsInBeforeAllIsWritten()
    {
        Project.Write("b.cu", KernelProject.Simple + "// changed\n");
        var open = new List<string>();

        var run = Project.Run(said =>
        {
            if (IsUnlocked()) open.Add(said.Message);
        }).MustSucceed();

        Assert.That(run.Compiled, Is.EqualTo(["b.cu -> sm_80"]));
        Assert.That(open, Is.Empty);
        Assert.That(IsUnlocked(), Is.True, "the run has ended");

        bool IsUnlocked()
        {
            try
            {
                using var other = new FileStream(Project.Request.StateFile + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Test]
    public void ASecondCompilerAtTheSameTimeWaitsAndTakesWhatTheFirstMade()
    {
        var state = File.ReadAllText(Project.Request.StateFile);
        File.Delete(Project.Request.StateFile);

        var run = Project.RunWhileLocked("obj/fusion.state.lock", () => File.WriteAllText(Project.Request.StateFile, state)).MustSucceed();

        Assert.That(run.Said[0].Message, Does.StartWith("Waiting for another fusionc"));
        Assert.That(run.Closing, Does.Contain("3 up to date: the other fusionc compiled them"));
    }
}
