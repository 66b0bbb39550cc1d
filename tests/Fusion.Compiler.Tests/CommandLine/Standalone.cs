using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.CommandLine;

/// <summary>fusionc without a project.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class Standalone(string nvrtc)
{
    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("fusion alone ").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void AKernelBecomesImagesAndNothingElseIsTouched()
    {
        Write("k.cu", "#include <h.cuh>\ntemplate <typename T> __global__ void k(T* x) { *x = VALUE + OTHER; }\n");
        Write("inc/h.cuh", "#define OTHER 1\n");
        Write("out/mine.txt", "");

        var run = Run("k.cu", "--arch", "sm_90", "--arch", "compute_80", "-o", "out", "-Iinc", "-DVALUE=2", "--name-expression", "k<float>");

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.StartWith("k.cu: compiled for compute_80, sm_90 (2 images, ").And.Contain("2 images compiled"));
        Assert.That(Directory.GetFiles(Path.Combine(folder, "out")).Select(Path.GetFileName), Is.EquivalentTo(["k.compute_80.ptx", "k.sm_90.cubin", "mine.txt"]));
    }

    [Test]
    public void ImagesGoToTheCurrentFolderAndTheManifestOnlyOnDemand()
    {
        Write("k.cu", KernelProject.Simple);

        Assert.That(Run("k.cu", "--arch", "sm_80").ExitCode, Is.Zero);
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(["k.cu", "k.sm_80.cubin"]));
        Assert.That(Run("k.cu", "--arch", "sm_80", "--manifest").ExitCode, Is.Zero);
        Assert.That(File.Exists(Path.Combine(folder, "manifest.json")), Is.True);
    }

    [Test]
    public void ErrorsAreWrittenAsCompilersDo()
    {
        Write("k.cu", "\nextern \"C\" __global__ void k() { nope(); }\n");

        var run = Run("k.cu", "--arch", "sm_80");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Match(@"k\.cu\(2(,34)?\): error FUSION1001: identifier ""nope"" is undefined"));
    }

    [Test]
    public void TheListShowsTheNvrtcThatIsUsed()
    {
        var run = Run("--list-nvrtc");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain($"* {nvrtc}  {NvrtcUnderTest.Library(nvrtc)}").And.Contain("environment variable FUSION_NVRTC_PATH").And.Contain("sm_80"));
        Assert.That(Run("--list-nvrtc", "--nvrtc", "nowhere").ExitCode, Is.EqualTo(1));
    }

    private CompilerProcess Run(params string[] arguments) => CompilerProcess.Run(folder, nvrtc, arguments);

    private void Write(string file, string text)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
