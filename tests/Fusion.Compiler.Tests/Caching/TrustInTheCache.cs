using System.Diagnostics;
using System.Runtime.Versioning;
using Fusion.Build.Contract;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Caching;

/// <summary>Who writes to the compile cache puts machine code into assemblies, so it is the user's alone unless the project says
/// otherwise.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public sealed class TrustInTheCache
{
    private const UnixFileMode Everybody = (UnixFileMode)0b111_111_111;
    private const UnixFileMode Group = (UnixFileMode)0b111_111_000;
    private const UnixFileMode Owner = (UnixFileMode)0b111_000_000;
    private const string Nobody = "65534";

    private string above = "";
    private string root = "";
    private KernelProject project = null!;

    private string Cache => Path.Combine(root, "kernels-1");

    [SetUp]
    public void Create()
    {
        above = Directory.CreateTempSubdirectory("fusion-cache-").FullName;
        root = Path.Combine(above, "the caches", "of builds");
        project = new KernelProject("12.4");
        project.Add("k.cu", KernelProject.Simple);
        (project.Request.Cache, project.Request.CachePath) = (true, root);
    }

    [TearDown]
    public void Remove()
    {
        project.Dispose();
        Directory.Delete(above, recursive: true);
    }

    [Test]
    public void IsRightAfterItWasCreatedForTheUserAlone()
    {
        Assert.That(Again().Cached, Is.Empty);

        foreach (var folder in Directory.GetDirectories(above, "*", SearchOption.AllDirectories))
            Assert.That(File.GetUnixFileMode(folder), Is.EqualTo(Owner), folder);
        foreach (var file in Directory.GetFiles(above, "*", SearchOption.AllDirectories))
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo((UnixFileMode)0b110_000_000), file);
        Assert.That(Again().Cached, Has.Count.EqualTo(1));
    }

    [TestCase("", Everybody)]
    [TestCase("", Group)]
    [TestCase("kernels-1", Everybody)]
    [TestCase("kernels-1", Group)]
    [TestCase("kernels-1", Everybody | UnixFileMode.StickyBit)]
    [TestCase("..", Everybody)]
    public void IsWithheldFromAFolderThatOthersWriteToUnlessTheProjectSaysSo(string folder, UnixFileMode mode)
    {
        Again();
        File.SetUnixFileMode(Path.GetFullPath(Path.Combine(root, folder)), mode);

        var run = Again();
        Assert.That((run.Compiled.Count, run.Cached.Count), Is.EqualTo((1, 0)));
        var warning = run.Warnings.Single();
        Assert.That(warning.Code, Is.EqualTo("FUSION1036"));
        Assert.That(warning.Message, Does.Contain(root).And.Contain("FusionCacheShared").And.Contain("FusionCachePath").And.Contain("mode "));
        Assert.That(BuildState.Read(project.Request.StateFile)!.Diagnostics, Has.None.Property("Severity").EqualTo(DiagnosticSeverity.Warning),
            "it is about the machine, not the project");

        project.Request.CacheShared = true;
        Assert.That(Again().Cached, Has.Count.EqualTo(1));
    }

    [Test]
    public void IsWithheldFromAFolderThatOthersWriteToBeforeAnythingIsWritten()
    {
        Directory.CreateDirectory(root, Owner);
        File.SetUnixFileMode(root, Everybody);

        Assert.That(Again().Warnings.Single().Code, Is.EqualTo("FUSION1036"));

        Assert.That(Directory.GetFileSystemEntries(root), Is.Empty);
    }

    [TestCase(".")]
    [TestCase("kernels-1")]
    public void IsWithheldFromAFolderOfAnotherUser(string folder)
    {
        Again();
        Give(Path.Combine(root, folder));

        var run = Again();

        Assert.That(run.Cached, Is.Empty);
        Assert.That(run.Warnings.Single().Message, Does.Contain($"another user, number {Nobody}"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void IsWithheldFromASingleEntryOrItsFolderWithoutAWord(bool entry)
    {
        Again();
        var path = Directory.GetFiles(root, "*.entry", SearchOption.AllDirectories).Single();
        if (entry) File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        else File.SetUnixFileMode(Path.GetDirectoryName(path)!, Everybody);

        var run = Again();

        Assert.That((run.Compiled.Count, run.Cached.Count, run.Warnings.Count), Is.EqualTo((1, 0, 0)));
    }

    [Test]
    public void IsRightInAFolderLikeTheOneForTemporaryFiles()
    {
        Directory.CreateDirectory(root);
        File.SetUnixFileMode(root, Everybody | UnixFileMode.StickyBit);

        Again();

        Assert.That(File.GetUnixFileMode(Cache), Is.EqualTo(Owner));
        Assert.That(Again().Cached, Has.Count.EqualTo(1));
    }

    [Test]
    public void IsGivenToASharedCacheAsTheUmaskSays()
    {
        project.Request.CacheShared = true;
        Again();

        var plain = Directory.CreateDirectory(Path.Combine(above, "plain")).FullName;
        Assert.That(File.GetUnixFileMode(Cache), Is.EqualTo(File.GetUnixFileMode(plain)));
    }

    private KernelRun Again()
    {
        if (Directory.Exists(project.Images)) Directory.Delete(project.Images, recursive: true);
        return project.Run().MustSucceed();
    }

    private static void Give(string path)
    {
        if (FileRights.CurrentUser != 0) Assert.Ignore("Only the administrator can give a folder to another user.");
        using var chown = Process.Start("chown", [Nobody, path]);
        chown.WaitForExit();
        Assert.That(chown.ExitCode, Is.Zero);
    }
}
