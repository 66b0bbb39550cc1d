using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class LaunchersThatStay : SharedConsumer
{
    private const string File = "obj/Debug/net10.0/fusion.launchers.g.cs";

    private DateTime Written => System.IO.File.GetLastWriteTimeUtc(Consumer.PathOf(File));

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void AreNotTouchedIfNothingChangedAndNothingStarts()
    {
        Consumer.Rebuild().MustSucceed();
        var before = Written;
        System.IO.File.SetLastWriteTimeUtc(Consumer.PathOf("fill.cu"), DateTime.UtcNow);

        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.Messages, Does.Contain("Launchers are up to date."));
        Assert.That(Written, Is.EqualTo(before));
    }

    [Test]
    public void AreNotTouchedIfNoDeclarationChanged()
    {
        var before = Written;
        Consumer.Write("fill.cu", Kernels.Named("fill", $"out[threadIdx.x] = {DateTime.UtcNow.Ticks}.5f;"));

        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains("Launchers are written, because").And.Contains("fill.cu"));
        Assert.That(Written, Is.EqualTo(before));
    }

    [Test]
    [Category("Nightly")]
    public void GoWithTheLastKernel()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.Build().MustSucceed();
        Assert.That(consumer.PathOf(File), Does.Exist);

        System.IO.File.Delete(consumer.PathOf("fill.cu"));
        consumer.Rebuild().MustSucceed();

        Assert.That(consumer.PathOf(File), Does.Not.Exist);
    }
}
