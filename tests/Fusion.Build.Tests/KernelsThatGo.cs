using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class KernelsThatGo
{
    [Test]
    [Category("Nightly")]
    public void LeaveNothingBehind()
    {
        using var consumer = new Consumer();
        consumer.Write("deep/gone.cu", Kernels.Named("gone")).Write("renamed.cu", Kernels.Named("renamed"));
        consumer.Write("stays.cu", Kernels.Named("stays"));
        consumer.Build().MustSucceed();

        Directory.Delete(consumer.PathOf("deep"), recursive: true);
        consumer.Rebuild().MustSucceed();
        Assert.That(consumer.Images, Is.EqualTo(["renamed.sm_80.cubin", "stays.sm_80.cubin"]), "deleted");
        Assert.That(consumer.ImagePath("deep"), Does.Not.Exist);
        Assert.That(consumer.Built.Manifest.Modules.Select(module => module.Name), Is.EqualTo(["renamed", "stays"]));
        Assert.That(consumer.Built.KernelResources, Has.None.Contain("gone"));

        File.Move(consumer.PathOf("renamed.cu"), consumer.PathOf("better.cu"));
        var build = consumer.Rebuild().MustSucceed();
        Assert.That(build.CompiledSources, Is.EqualTo(["better.cu"]));
        Assert.That(consumer.Images, Is.EqualTo(["better.sm_80.cubin", "stays.sm_80.cubin"]), "renamed");
        Assert.That(consumer.Built.KernelResources, Has.None.Contain("renamed"));

        consumer.WriteProject(Projects.Library(architectures: "compute_80")).Rebuild().MustSucceed();
        Assert.That(consumer.Images, Is.EqualTo(["better.compute_80.ptx", "stays.compute_80.ptx"]), "another architecture");

        File.Delete(consumer.PathOf("better.cu"));
        File.Delete(consumer.PathOf("stays.cu"));
        consumer.Rebuild().MustSucceed();
        Assert.That(consumer.ImageFiles, Is.Empty, "the last one deleted");
        Assert.That(consumer.Built.KernelResources, Is.Empty);
    }

    [Test]
    public void AreRemovedByDotnetClean()
    {
        using var consumer = new Consumer();
        consumer.Write("kernels/fill.cu", Kernels.Named("fill"));
        consumer.Build().MustSucceed();

        consumer.DotNet("clean", "-nologo").MustSucceed();

        Assert.That(consumer.ImagesFolder, Does.Not.Exist);
        Assert.That(Directory.GetFiles(consumer.PathOf("obj/Debug/net10.0"), "fusion*"), Is.Empty);
        Assert.That(Directory.GetFiles(consumer.PathOf("bin"), "*.dll", SearchOption.AllDirectories), Is.Empty);
    }
}
