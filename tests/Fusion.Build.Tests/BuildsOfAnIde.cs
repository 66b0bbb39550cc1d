using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class BuildsOfAnIde
{
    private const string WithoutNvrtc = "<FusionNvrtcPack>false</FusionNvrtcPack><FusionNvrtcPath>nowhere</FusionNvrtcPath>";
    private static readonly string[] DesignTime =
        ["-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-p:BuildProjectReferences=false"];

    [Test]
    public void WriteLaunchersWithoutNvrtcAndPassThemToTheCompiler()
    {
        using var consumer = new Consumer(Projects.Library(WithoutNvrtc));
        consumer.Write("kernels/fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();

        var build = consumer.Rebuild(["-t:Compile", .. DesignTime]).MustSucceed();

        Assert.That(build.StartedCompiler, Is.False);
        Assert.That(consumer.ImagesFolder, Does.Not.Exist);
        Assert.That(consumer.Read("obj/Debug/net10.0/fusion.launchers.g.cs"), Does.Contain("class Fill"));
        var (_, items) = consumer.DotNet(["msbuild", "-nologo", "-t:Compile", "-getItem:Compile", .. DesignTime]);
        Assert.That(items.Split("fusion.launchers.g.cs\"").Length - 1, Is.GreaterThanOrEqualTo(1), items);

        consumer.Write("kernels/fill.cu", Kernels.Named("fill_again"));
        consumer.Rebuild(["-t:Compile", .. DesignTime]).MustSucceed();
        Assert.That(consumer.Read("obj/Debug/net10.0/fusion.launchers.g.cs"), Does.Contain("class FillAgain"));
    }

    [TestCase("<FusionKernelsClass>no class</FusionKernelsClass>")]
    [TestCase("<FusionCompilerAssembly>missing.dll</FusionCompilerAssembly>")]
    [Category("Nightly")]
    public void DoNotFail(string mistake)
    {
        using var consumer = new Consumer(Projects.Library(WithoutNvrtc + mistake));
        consumer.Write("fill.cu", Kernels.Named("fill") + "\n#error unfinished {{{ (\n__global__ void half(");
        consumer.DotNet("restore").MustSucceed();

        var build = consumer.Rebuild(["-t:Compile", .. DesignTime]).MustSucceed();

        Assert.That(build.Warnings.Select(warning => warning.Code), Has.Some.StartsWith("FUSION1"));
    }

    [Test]
    [Category("Nightly")]
    public void ListTheLaunchersUnderTheProject()
    {
        using var consumer = new Consumer(Projects.Library(WithoutNvrtc));
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        consumer.Rebuild(["-t:Compile", .. DesignTime]).MustSucceed();

        var (_, items) = consumer.DotNet("msbuild", "-nologo", "-getItem:Compile");

        Assert.That(items, Does.Contain("fusion.launchers.g.cs").And.Contain("Fusion/Kernels.g.cs"));
    }
}
