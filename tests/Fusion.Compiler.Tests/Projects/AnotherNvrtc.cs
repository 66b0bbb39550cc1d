using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

public sealed class AnotherNvrtc() : NvrtcFixture("12.4")
{
    [TestCase("libnvrtc.so.12")]
    [TestCase("libnvrtc-builtins.so.12.4")]
    public void OfTheSameSizeAndTimeInTheSamePlaceCompilesAnew(string part)
    {
        Project.Request.NvrtcPath = CopyNvrtc();
        Project.Add("k.cu", KernelProject.Simple);
        Project.Run().MustSucceed();
        Assert.That(Project.WhyStale(), Is.Null);

        var file = Project.PathOf($"nvrtc/{part}");
        Replace(file);

        Assert.That(Project.WhyStale(), Is.EqualTo($"'{file}' changed"));
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_80"]));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void BehindALinkCompilesAnew()
    {
        var library = CopyNvrtc();
        Directory.Move(Path.GetDirectoryName(library)!, Project.PathOf("first"));
        Directory.CreateSymbolicLink(Project.PathOf("toolkit"), Project.PathOf("first"));
        Project.Request.NvrtcPath = Project.PathOf("toolkit");
        Project.Add("k.cu", KernelProject.Simple);
        Project.Run().MustSucceed();

        Replace(Project.PathOf("first/libnvrtc.so.12"));

        Assert.That(Project.WhyStale(), Is.EqualTo($"'{Project.PathOf("toolkit/libnvrtc.so.12")}' changed"));
    }

    private string CopyNvrtc()
    {
        var from = NvrtcUnderTest.Library(Nvrtc);
        Directory.CreateDirectory(Project.PathOf("nvrtc"));
        foreach (var file in new[] { Path.GetFileName(from), "libnvrtc-builtins.so.12.4" })
        {
            File.Copy(Path.Combine(Path.GetDirectoryName(from)!, file), Project.PathOf($"nvrtc/{file}"));
            // A time that .NET can set once more: the file system's own is finer.
            File.SetLastWriteTimeUtc(Project.PathOf($"nvrtc/{file}"), DateTime.UtcNow);
        }

        return Project.PathOf("nvrtc/" + Path.GetFileName(from));
    }

    // Another file in its place, since this process has the first one loaded. It differs in the table of sections, which is at its
    // end and which the loader does not read.
    private static void Replace(string library)
    {
        var time = File.GetLastWriteTimeUtc(library);
        var bytes = File.ReadAllBytes(library);
        bytes[^1] ^= 1;
        File.WriteAllBytes(library + ".new", bytes);
        File.SetLastWriteTimeUtc(library + ".new", time);
        File.Move(library + ".new", library, overwrite: true);
    }
}
