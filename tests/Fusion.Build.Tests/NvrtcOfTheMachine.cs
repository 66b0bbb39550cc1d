using System.Runtime.InteropServices;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class NvrtcOfTheMachine
{
    private const string WithoutPack = "<FusionNvrtcPack>false</FusionNvrtcPack>";

    [Test]
    [Category("Nightly")]
    public void IsThatOfCudaPathWithItsHeadersBeforeThePack()
    {
        using var consumer = new Consumer();
        var toolkit = FakeToolkit.Create(Path.Combine(consumer.Root, "cuda"));
        Directory.CreateDirectory(Path.Combine(toolkit, "include"));
        File.WriteAllText(Path.Combine(toolkit, "include/of_toolkit.h"), "#define NAME from_toolkit\n");
        consumer.Write("toolkit.cu", "#include <of_toolkit.h>\nextern \"C\" __global__ void NAME() {}\n");

        var build = consumer.Build(new Dictionary<string, string?> { ["CUDA_PATH"] = toolkit }).MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains($"'{toolkit}/lib64/libnvrtc.so.").And.Contains("(CUDA_PATH").And.Contains("taken"));
        Assert.That(consumer.Built.KernelNames("toolkit"), Is.EqualTo(["from_toolkit"]));
        Assert.That(consumer.RestoredPackages, Has.Some.StartsWith("Fusion.Nvrtc."));
    }

    [Test]
    public void IsNotThatOfCudaPathWhereTheProjectAsksForThePack()
    {
        using var consumer = new Consumer(Projects.Library("<FusionNvrtcPack>true</FusionNvrtcPack>"));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        var toolkit = FakeToolkit.Create(Path.Combine(consumer.Root, "cuda"));

        var build = consumer.Build(new Dictionary<string, string?> { ["CUDA_PATH"] = toolkit }).MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains("(NVRTC pack").And.Contains("taken"));
    }

    [Test]
    [Category("Nightly")]
    public void IsTheFirstThatWorksAndTheLogSaysWhyOthersWerePassedOver()
    {
        using var consumer = new Consumer(Projects.Library(WithoutPack));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        var broken = FakeToolkit.CreateBroken(Path.Combine(consumer.Root, "broken"));
        var home = FakeToolkit.Create(Path.Combine(consumer.Root, "home"), "targets/x86_64-linux/lib");

        var build = consumer.Build(
            new Dictionary<string, string?> { ["CUDA_PATH"] = broken, ["CUDA_HOME"] = home }, "-v:detailed").MustSucceed();

        Assert.That(build.Output, Does.Match($@"NVRTC candidate '{broken}/lib64/libnvrtc.so.12' \(CUDA_PATH\): passed over: .+"));
        Assert.That(build.Output, Does.Match($@"NVRTC candidate '{home}/.*' \(CUDA_HOME, NVRTC \d+\.\d+\): taken"));

        var again = consumer.Build(new Dictionary<string, string?> { ["CUDA_HOME"] = home }, "--no-restore").MustSucceed();
        Assert.That(again.Messages, Has.Some.EqualTo("fusionc is started, because the environment variable CUDA_PATH changed."));
    }

    [Test]
    [Category("Nightly")]
    public void IsThatOfThePythonEnvironment()
    {
        using var consumer = new Consumer(Projects.Library(WithoutPack));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        var environment = Path.Combine(consumer.Root, "venv");
        FakeToolkit.Create(Path.Combine(environment, "lib/python3.12/site-packages/nvidia/cuda_nvrtc"), "lib");

        var build = consumer.Build(new Dictionary<string, string?> { ["VIRTUAL_ENV"] = environment }).MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains($"'{environment}/").And.Contains("taken"));
    }

    [Test]
    public void IsMissingIsAnErrorThatSaysWhatToDo()
    {
        Assume.That(HasNvrtc(), Is.False, "this machine has an NVRTC in a usual place");
        using var consumer = new Consumer(Projects.Library(WithoutPack));
        consumer.Write("fill.cu", Kernels.Named("fill"));

        var error = consumer.Build().MustFail().Error("FUSION1010");

        Assert.That(error.Text, Does.Contain("No NVRTC was found").And.Contain("Fusion.Nvrtc.linux-x64")
            .And.Contain("FusionNvrtcPath").And.Contain("FUSION_NVRTC_PATH").And.Contain("CUDA_PATH"));
    }

    private static bool HasNvrtc() =>
        new[] { "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so" }.Any(name => NativeLibrary.TryLoad(name, out _))
        || Directory.GetDirectories("/usr/local", "cuda*").Length > 0 || Directory.Exists("/opt/cuda");
}
