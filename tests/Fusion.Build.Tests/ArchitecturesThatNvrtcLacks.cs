using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ArchitecturesThatNvrtcLacks : SharedConsumer
{
    // A number that no chip has, so that no NVRTC knows it; and a form that only a newer NVRTC than the pack's knows.
    private const string Nobodys = "sm_99";
    private const string Newer = "sm_100f";
    private const string Skip = "<FusionSkipUnsupportedArchitectures>true</FusionSkipUnsupportedArchitectures>";

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [TestCase(Newer, "NVRTC 12.9 or later would do")]
    [TestCase(Nobodys, "no NVRTC that this version of fusionc knows of has it")]
    public void AreAnErrorThatNamesNvrtcAndWhatItHasAndWhichWouldDo(string architecture, string wouldDo)
    {
        var error = Build($"sm_80;{architecture}").MustFail().Error("FUSION1012");

        Assert.That(error.Text, Does.Match(@"NVRTC 1\d\.\d+ \('.*libnvrtc\.so\.\d+'\) does not compile for " + architecture));
        Assert.That(error.Text, Does.Contain("sm_80 ").And.Contain("sm_90"));
        Assert.That(error.Text, Does.Contain(wouldDo));
        Assert.That(error.Text, Does.Contain("FusionSkipUnsupportedArchitectures"));
    }

    [Test]
    [Category("Nightly")]
    public void AreAWarningWhenTheyMayBeSkipped()
    {
        var warning = Build($"sm_80;{Newer}", Skip).MustSucceed().Warning("FUSION1013");

        Assert.That(warning.Text, Does.Contain(Newer).And.Contain("NVRTC 12.9 or later would do"));
        Assert.That(Consumer.Images, Is.EqualTo(["fill.sm_80.cubin"]));
    }

    [Test]
    public void AreAnErrorWhenNothingIsLeft()
    {
        var build = Build(Newer, Skip).MustFail();

        Assert.That(build.Errors.Select(error => error.Code), Is.EqualTo(["FUSION1012"]));
        Assert.That(build.Errors[0].Text, Does.Contain(Newer));
    }

    [Test]
    public void NativeWithoutAGpuSaysWhatToWriteInstead()
    {
        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU");

        var error = Build("native").MustFail().Error("FUSION1015");

        Assert.That(error.Text, Does.Contain("native").And.Contain("GPU").And.Contain("sm_90"));
    }

    private BuildResult Build(string architectures, string properties = "") =>
        Consumer.WriteProject(Projects.Library(properties, architectures: architectures)).Rebuild();
}
