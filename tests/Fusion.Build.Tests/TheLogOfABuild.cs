using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheLogOfABuild : SharedConsumer
{
    private const string Fresh = "a.cu: fresh for sm_80, compute_80, sm_90 (3 images)";
    private const string Options = "a.cu, sm_90: NVRTC's options are -arch=sm_90 ";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<FusionCache>false</FusionCache>", architectures: "sm_80;compute_80;sm_90"));
        consumer.Write("a.cu", Kernels.Named("a")).Write("b.cu", Kernels.Named("b"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void HasALineAKernelAtNormalVerbosity()
    {
        var build = RebuildAll("-v:normal");

        Assert.That(build.CompilerStarts, Is.EqualTo(1));
        Assert.That(build.CompiledJobs, Has.Length.EqualTo(4), "machine code and PTX of one chip are one job");
        Assert.That(build.Output, Does.Match(@"\ba\.cu: compiled for sm_80, compute_80, sm_90 \(3 images, \d+\.\d s\): new"));
        Assert.That(build.Output, Does.Contain("b.cu: compiled for").And.Not.Contain(Options));
    }

    [Test]
    [Category("Nightly")]
    public void HasTheLinesWithoutStartingTheCompiler()
    {
        RebuildAll();

        var again = Consumer.Rebuild("-v:normal").MustSucceed();

        Assert.That(again.StartedCompiler, Is.False);
        Assert.That(again.Output, Does.Contain(Fresh).And.Contain("b.cu: fresh for"));
        Assert.That(Consumer.Rebuild("-v:detailed").MustSucceed().Output, Does.Contain(Fresh).And.Contain(Options));
    }

    [Test]
    [Category("Nightly")]
    public void HasTheOptionsOfNvrtcAtDetailedVerbosity() => Assert.That(RebuildAll("-v:detailed").Output, Does.Contain(Options));

    [Test]
    public void IsQuietAtMinimalVerbosity() => Assert.That(RebuildAll("-v:minimal").Output, Does.Not.Contain("a.cu"));

    private BuildResult RebuildAll(params string[] arguments)
    {
        if (Directory.Exists(Consumer.ImagesFolder)) Directory.Delete(Consumer.ImagesFolder, recursive: true);
        return Consumer.Rebuild(arguments).MustSucceed();
    }
}
