using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class NvrtcThatIsNamed : SharedConsumer
{
    private static string Library => Directory.GetFiles(PackedSdk.Nvrtc, "libnvrtc.so.*").Single();

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Named(PackedSdk.Nvrtc));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void AsAFolderIsUsedBeforeThePack()
    {
        var build = Consumer.WriteProject(Named(PackedSdk.Nvrtc)).Rebuild().MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains($"'{Library}' (property FusionNvrtcPath").And.Contains("taken"));
        Assert.That(Consumer.RestoredPackages, Has.Some.StartsWith("Fusion.Nvrtc."));
    }

    [Test]
    public void AsAFileIsUsed()
    {
        var build = Consumer.WriteProject(Named(Library)).Rebuild().MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains($"'{Library}' (property FusionNvrtcPath").And.Contains("taken"));
    }

    [Test]
    [Category("Nightly")]
    public void ByTheEnvironmentIsUsed()
    {
        Consumer.WriteProject(Named(""));

        var build = Consumer.Build(new Dictionary<string, string?> { ["FUSION_NVRTC_PATH"] = PackedSdk.Nvrtc }).MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains("(environment variable FUSION_NVRTC_PATH").And.Contains("taken"));
        Assert.That(Consumer.RestoredPackages, Has.Some.StartsWith("Fusion.Nvrtc."));
    }

    [Test]
    public void ButIsNotThereIsAnErrorAndNoOtherIsTaken()
    {
        var error = Consumer.WriteProject(Named("/no/such/place")).Rebuild().MustFail().Error("FUSION1011");

        Assert.That(error.Text, Does.Contain("property FusionNvrtcPath").And.Contain("'/no/such/place'")
            .And.Contain("Expected an NVRTC library").And.Contain("no such file or folder"));
    }

    [Test]
    public void ButIsAFolderWithoutOneIsAnError()
    {
        var empty = Directory.CreateDirectory(Path.Combine(Consumer.Root, "empty")).FullName;

        var error = Consumer.WriteProject(Named(empty)).Rebuild().MustFail().Error("FUSION1011");

        Assert.That(error.Text, Does.Contain($"'{empty}'").And.Contain("libnvrtc.so.12").And.Contain("lib64"));
    }

    [Test]
    public void ButCannotBeLoadedIsAnErrorThatSaysWhy()
    {
        var broken = FakeToolkit.CreateBroken(Path.Combine(Consumer.Root, "broken"));

        var error = Consumer.WriteProject(Named(broken)).Rebuild().MustFail().Error("FUSION1011");

        Assert.That(error.Text, Does.Contain(Path.Combine(broken, "lib64/libnvrtc.so.12")).And.Contain("passed over"));
    }

    private static string Named(string path) => Projects.Library($"<FusionNvrtcPath>{path}</FusionNvrtcPath>");
}
