using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheTemplate
{
    // Templates that this machine has installed stay out of it, and it out of them.
    private readonly DirectoryInfo hive = Directory.CreateTempSubdirectory("fusion-test-hive-");

    [OneTimeSetUp]
    public void Install()
    {
        using var anywhere = new Consumer();
        anywhere.DotNet("new", "install", PackedSdk.PackagePath("Fusion.Templates"), "--debug:custom-hive", hive.FullName).MustSucceed();
    }

    [OneTimeTearDown]
    public void RemoveHive() => hive.Delete(recursive: true);

    [Test]
    public void MakesAProjectThatBuildsAndRunsWithoutAGpu()
    {
        using var consumer = Created();

        var build = consumer.Build().MustSucceed();

        Assert.That(build.Warnings, Is.Empty, build.Output);
        Assert.That(consumer.Images, Is.EqualTo(
            ["kernels/rms_norm.compute_80.ptx", "kernels/rms_norm.sm_80.cubin", "kernels/rms_norm.sm_90a.cubin"]));

        var table = consumer.DotNet("run", "--no-build", "--", "--kernels").MustSucceed();
        Assert.That(table, Does.Match(@"rms_norm +sm_90a +cubin +\d+ +\d+ +\d+ +bf16\* output \(8\)"));

        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU, on which Fusion.Gpu.Tests run the kernel");
        var run = consumer.DotNet("run", "--no-build").MustSucceed();
        Assert.That(run, Does.Contain("No GPU here"));
        Assert.That(run, Does.Contain("on sm_80: Fusion.Kernels/kernels/rms_norm.sm_80.cubin"));
        Assert.That(run, Does.Contain("on sm_90: Fusion.Kernels/kernels/rms_norm.sm_90a.cubin"));
        Assert.That(run, Does.Contain("on sm_100: Fusion.Kernels/kernels/rms_norm.compute_80.ptx"));
    }

    [Test]
    public void TakesArchitectures()
    {
        using var consumer = Created("--architectures", "sm_90;compute_90");

        Assert.That(consumer.Read("Consumer.csproj"), Does.Contain("<FusionArchitectures>sm_90;compute_90</FusionArchitectures>"));
        Assert.That(consumer.Read("Consumer.csproj"), Does.Contain($"Sdk=\"Fusion.Sdk/{PackedSdk.Version}\""));
    }

    private Consumer Created(params string[] arguments)
    {
        var consumer = new Consumer();
        File.Delete(consumer.PathOf("Consumer.csproj"));
        consumer.DotNet(["new", "fusion-app", "-n", "Consumer", "-o", consumer.Folder, "--debug:custom-hive", hive.FullName, .. arguments]).MustSucceed();
        return consumer;
    }
}
