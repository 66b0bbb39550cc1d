using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>What the SDK references depends on the platform and on the project, and on nothing else of a machine.</summary>
public sealed class PackagesOfTheSdk : SharedConsumer
{
    private static readonly string[] Evaluation = ["msbuild", "-getItem:PackageReference"];
    private static readonly Dictionary<string, string?> NothingSet = [];

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>"));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [TestCase("CUDA_PATH", "")]
    [TestCase("CUDA_HOME", "")]
    [TestCase("FUSION_NVRTC_PATH", "")]
    [TestCase("", "-p:FusionNvrtcPath=/opt/cuda")]
    [TestCase("", "-p:FusionCompileKernels=false")]
    [TestCase("", "-p:FusionPrebuiltKernels=prebuilt")]
    [Category("Nightly")]
    public void AreTheSameWhereverNvrtcComesFrom(string variable, string property)
    {
        var usual = Consumer.DotNet(Evaluation).MustSucceed();
        var here = variable.Length > 0 ? new() { [variable] = PackedSdk.Nvrtc } : NothingSet;

        var found = Consumer.DotNet(here, property.Length > 0 ? [.. Evaluation, property] : Evaluation).MustSucceed();

        Assert.That(usual, Does.Contain("Fusion.Nvrtc.linux-x64").And.Contain("Fusion.Runtime"));
        Assert.That(found, Is.EqualTo(usual));
    }

    [Test]
    public void DoNotHaveNvrtcWhereTheProjectSaysSo() => Assert.That(
        Consumer.DotNet([.. Evaluation, "-p:FusionNvrtcPack=false"]).MustSucceed(), Does.Not.Contain("Fusion.Nvrtc."));

    [Test]
    public void HaveTheNvrtcOfTheMachinesProcessor() => Assert.That(
        Consumer.DotNet([.. Evaluation, "-p:_FusionNvrtcPlatform=arm64"]).MustSucceed(),
        Does.Contain("Fusion.Nvrtc.linux-arm64").And.Not.Contain("Fusion.Nvrtc.linux-x64"));

    [TestCase("CUDA_PATH")]
    [TestCase("CUDA_HOME")]
    [Category("Nightly")]
    public void AreThoseOfTheLockFileAlsoWhereAVariableNamesAToolkitThatIsGone(string variable)
    {
        Directory.Delete(Consumer.PathOf("obj"), recursive: true);

        var build = Consumer.Build(
            new Dictionary<string, string?> { [variable] = "/opt/a toolkit that is gone" }, "-p:RestoreLockedMode=true").MustSucceed();

        Assert.That(build.Messages, Has.Some.Contains("(NVRTC pack").And.Contains("taken"));
        Assert.That(build.Messages, Has.Some.Contains($"{variable} is '/opt/a toolkit that is gone'. There is no such file or folder."));
    }
}
