using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheLogOfABuild : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(architectures: "sm_80;compute_80;sm_90"));
        consumer.Write("a.cu", Kernels.Named("a")).Write("b.cu", Kernels.Named("b"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void HasALineOfProgressAJobAtNormalVerbosity()
    {
        var build = Rebuild("-v:normal", "-p:FusionMaxParallelism=1");

        Assert.That(build.CompilerStarts, Is.EqualTo(1));
        Assert.That(build.CompiledJobs, Has.Length.EqualTo(4), "machine code and PTX of one chip are one job");
        foreach (var job in build.CompiledJobs) Assert.That(build.Output, Does.Contain(job.Trim()));
        Assert.That(build.CompiledJobs, Has.Some.Match(@"^\s*a\.cu -> sm_90 \(cubin \d.* KB\)"));
        Assert.That(build.CompiledJobs, Has.Some.Match(@"^\s*a\.cu -> sm_80 \(cubin \d.* KB, ptx \d.* KB\)"));
    }

    [Test]
    public void IsQuietAtMinimalVerbosity() => Assert.That(Rebuild("-v:minimal").Output, Does.Not.Contain("a.cu"));

    private BuildResult Rebuild(params string[] arguments)
    {
        if (Directory.Exists(Consumer.ImagesFolder)) Directory.Delete(Consumer.ImagesFolder, recursive: true);
        return Consumer.Rebuild(arguments).MustSucceed();
    }
}
