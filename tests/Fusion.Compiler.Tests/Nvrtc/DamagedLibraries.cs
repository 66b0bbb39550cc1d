using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Nvrtc;

/// <summary>NVRTC libraries that look right and are not. What the loader refuses cannot be named by a project either.</summary>
[TestFixture("11.8")]
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

    [TestCase(0)]
    [TestCase(100)]
    [TestCase(1_000_000)]
    public void ATruncatedOneIsPassedOverWithAReason(int bytes)
    {
        using (var whole = File.OpenRead(NvrtcUnderTest.Library(nvrtc)))
        {
            var start = new byte[bytes];
            whole.ReadExactly(start);
            File.WriteAllBytes(Copy, start);
        }

        Assert.That(NvrtcProbe.Of(Copy).Failure, Does.Contain("it could not be loaded: ").And.Contain(Copy));
    }

    [Test]
    public void OneForAnotherProcessorIsPassedOverWithAReason()
    {
        var library = File.ReadAllBytes(NvrtcUnderTest.Library(nvrtc));
        library[ElfMachine] = Arm64;
        File.WriteAllBytes(Copy, library);

        Assert.That(NvrtcProbe.Of(Copy).Failure, Does.Contain("loaded").Or.Contain("no library for this machine"));
    }

    [Test]
    public void AnErrorOfTheProjectNamesTheDamagedFile()
    {
        File.WriteAllBytes(Copy, new byte[100]);
        using var project = new KernelProject(nvrtc);
        project.Request.NvrtcPath = folder;
        project.Add("k.cu", KernelProject.Simple);

        var error = project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1011"));
        Assert.That(error.Message, Does.Contain(Copy));
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
}
