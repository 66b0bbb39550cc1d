using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Two builds of one project in one folder at a time, as an editor and a terminal do.</summary>
public sealed class TwoBuildsAtOnce
{
    [Test]
    public void DoNotSpoilEachOthersImages()
    {
        using var consumer = new Consumer(Projects.Library(architectures: "sm_80;sm_90"));
        Kernels.WriteMany(consumer, 6);
        consumer.DotNet("restore").MustSucceed();

        // What the C# compiler writes is not the SDK's: each build has its own assembly, and both the images.
        var builds = new[] { "one", "two" }.Select(name => Task.Run(() =>
            consumer.DotNet("build", "-nologo", "--no-restore", "-t:_FusionCompileKernels", $"-p:FusionKernelsClass={name}"))).ToArray();

        foreach (var build in Task.WhenAll(builds).Result) build.MustSucceed();
        Assert.That(consumer.Images, Has.Length.EqualTo(12));
        Assert.That(consumer.ImageFiles, Has.None.EndsWith(".fusion-part"));
        Assert.That(consumer.Rebuild().MustSucceed().StartedCompiler, Is.False, "one state for both");
        Assert.That(consumer.Built.KernelResources, Has.Length.EqualTo(13));
    }
}
