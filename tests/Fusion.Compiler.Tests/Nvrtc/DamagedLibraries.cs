using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Nvrtc;

/// <summary>NVRTC libraries that look right and are not. What the loader refuses cannot be named by a project either.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class DamagedLibraries(string nvrtc)
{
    private const int ElfMachine = 18;
    private const byte Arm64 = 183;
    private string folder = "";

    private string Copy => Path.Combine(folder, Path.GetFileName(NvrtcUnderTest.Library(nvrtc)));

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("fusion-nvrtc-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [TestCase(0, "it could not be loaded: ")]
    [TestCase(100, "it is cut off: it has 100 bytes of at least ")]
    [TestCase(1_000_000, "it is cut off: it has 1,000,000 bytes of at least ", Description = "the loader would map it, and the process die")]
    public void ATruncatedOneIsPassedOverWithAReason(int bytes, string reason)
    {
        WriteStart(NvrtcUnderTest.Library(nvrtc), Copy, bytes);

        Assert.That(NvrtcProbe.Of(Copy).Failure, Does.StartWith(reason));
    }

    [Test]
    public void OneWithTruncatedBuiltinsIsPassedOverByTheirName()
    {
        File.Copy(NvrtcUnderTest.Library(nvrtc), Copy);
        var name = $"libnvrtc-builtins.so.{nvrtc}";
        WriteStart(Path.Combine(NvrtcUnderTest.Folder(nvrtc), "lib", name), Path.Combine(folder, name), 100_000);

        Assert.That(NvrtcProbe.Of(Copy).Failure, Does.StartWith($"of '{Path.Combine(folder, name)}' beside it, which it needs: it is cut off"));
    }

    [Test]
    public void OneForAnotherProcessorIsPassedOverByItsName()
    {
        var library = File.ReadAllBytes(NvrtcUnderTest.Library(nvrtc));
        library[ElfMachine] = Arm64;
        File.WriteAllBytes(Copy, library);

        Assert.That(NvrtcProbe.Of(Copy).Failure, Is.EqualTo("it is for Arm64 processors, and this one is X64"));
    }

    [Test]
    public void AnErrorOfTheProjectNamesTheDamagedFile()
    {
        WriteStart(NvrtcUnderTest.Library(nvrtc), Copy, 1_000_000);
        using var project = new KernelProject(nvrtc);
        project.Request.NvrtcPath = folder;
        project.Add("k.cu", KernelProject.Simple);

        var error = project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1011"));
        Assert.That(error.Message, Does.Contain(Copy).And.Contain("it is cut off"));
        Assert.That(project.Files, Is.Empty);
    }

    [Test]
    public void OneWithoutItsBuiltinsIsPassedOverByName()
    {
        File.Copy(NvrtcUnderTest.Library(nvrtc), Copy);

        // In a process of its own: in this one the builtins of the right folder may be loaded already.
        var run = CompilerProcess.Run(folder, nvrtc, "--list-nvrtc", "--nvrtc", Copy);

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Output, Does.Contain($"libnvrtc-builtins.so.{nvrtc}' is not beside it"));
    }

    private static void WriteStart(string whole, string copy, int bytes)
    {
        using var file = File.OpenRead(whole);
        var start = new byte[bytes];
        file.ReadExactly(start);
        File.WriteAllBytes(copy, start);
    }
}
