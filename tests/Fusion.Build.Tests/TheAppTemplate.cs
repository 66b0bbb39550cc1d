using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheAppTemplate
{
    [Test]
    public void MakesAProjectThatBuildsAndRunsWithoutAGpu()
    {
        using var consumer = Templates.Create("fusion-app");

        consumer.Build("-warnaserror").MustSucceed();

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
    [Category("Nightly")]
    public void TakesArchitecturesAndANameThatIsNoNamespace()
    {
        using var consumer = Templates.Create("fusion-app", "My App-2.0", "--architectures", "sm_90;compute_90");

        var project = consumer.Read("My App-2.0.csproj");
        Assert.That(project, Does.Contain($"Sdk=\"Fusion.Sdk/{PackedSdk.Version}\"")
            .And.Contain("<FusionArchitectures>sm_90;compute_90</FusionArchitectures>")
            .And.Contain("<RootNamespace>My_App_2._0</RootNamespace>"));
        consumer.Build("-warnaserror").MustSucceed();
        Assert.That(consumer.Images, Is.EqualTo(["kernels/rms_norm.compute_90.ptx", "kernels/rms_norm.sm_90.cubin"]));
    }
}
