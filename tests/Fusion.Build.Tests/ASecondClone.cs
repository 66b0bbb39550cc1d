using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>The same project in another folder, by the same user.</summary>
public sealed class ASecondClone
{
    [Test]
    public void BuildsWithoutCompilingAnythingUnlessTheCacheIsOff()
    {
        using var first = Create();
        using var second = Create();
        var user = new Dictionary<string, string?> { ["XDG_CACHE_HOME"] = first.CacheHome };
        Assert.That(first.Build(user).MustSucceed().CachedJobs, Is.Empty);

        var build = second.Build(user).MustSucceed();

        Assert.That(build.CompiledJobs, Has.Length.EqualTo(4));
        Assert.That(build.CachedJobs, Is.EqualTo(build.CompiledJobs));
        Assert.That(build.Messages, Has.Some.Contains("0 images compiled, 6 from the compile cache, 0 up to date"));
        Assert.That(second.ImageContents(), Is.EqualTo(first.ImageContents()), "images and manifest, byte for byte");
        Assert.That(build.Warning("FUSION1002").File, Is.EqualTo(second.PathOf("warns.cu")), "its own path");
        Assert.That(second.Rebuild().MustSucceed().Warning("FUSION1002").File, Is.EqualTo(second.PathOf("warns.cu")));

        Directory.Delete(second.ImagesFolder, recursive: true);
        Assert.That(second.Build(user, "--no-restore", "-p:FusionCache=false").MustSucceed().CachedJobs, Is.Empty);
    }

    private static Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(architectures: "sm_80;sm_90;compute_80"));
        consumer.Write("uses.cu", Kernels.Named("uses", include: "#include <fusion/base/vec16.cuh>"));
        return consumer.Write("warns.cu", Kernels.WithWarning("warns"));
    }
}
