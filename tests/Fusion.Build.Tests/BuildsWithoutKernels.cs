using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class BuildsWithoutKernels
{
    private const string Program = """
        using Fusion.Runtime;

        if (args.Length > 0)
        {
            using var context = GpuContext.Open();
            using var stream = new GpuStream(context);
            using var values = new DeviceBuffer<float>(context, 32);
            Consumer.Kernels.Fill.Launch(stream, 1, 32, values, 4);
        }

        try
        {
            KernelLibrary.ReadManifest(typeof(Program).Assembly);
        }
        catch (KernelLoadException e)
        {
            Console.WriteLine(e.Message);
        }
        """;

    private const string Properties = "<OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings>"
        + "<FusionCompileKernels>false</FusionCompileKernels>";

    [Test]
    public void HaveLaunchersAndNeedNoNvrtcAndTheProgramSaysSo()
    {
        using var consumer = new Consumer(Projects.Library(Properties));
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Program.cs", Program);

        var build = consumer.Build("-p:FusionNvrtcPack=false").MustSucceed();

        Assert.That(build.Warnings, Is.Empty, build.Output);
        Assert.That(build.StartedCompiler, Is.False);
        Assert.That(consumer.ImagesFolder, Does.Not.Exist);
        Assert.That(consumer.Built.KernelResources, Is.Empty);
        Assert.That(consumer.RestoredPackages, Has.None.StartsWith("Fusion.Nvrtc."));
        Assert.That(consumer.DotNet("run", "--no-build").MustSucceed(), Does.Contain("FUSION2001").And.Contain("FusionCompileKernels=false"));
    }

    [Test]
    [Category("Nightly")]
    public void CompileThemAgainWhenToldSo()
    {
        using var consumer = new Consumer(Projects.Library(Properties));
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Program.cs", Program);
        consumer.Build().MustSucceed();

        consumer.WriteProject(Projects.Library(Properties.Replace(">false<", ">true<", StringComparison.Ordinal))).Build().MustSucceed();

        Assert.That(consumer.Built.KernelNames("fill"), Is.EqualTo(["fill"]));
        Assert.That(consumer.DotNet("run", "--no-build").MustSucceed(), Does.Not.Contain("FUSION2001"));
    }

    [Test]
    [Category("Nightly")]
    public void TellOfASourceThatIsMissing()
    {
        using var consumer = new Consumer(Projects.Library(Properties, """<FusionKernel Include="missing.cu" />"""));
        consumer.Write("Program.cs", "");

        Assert.That(consumer.Build().MustFail().Error("FUSION1005").File, Is.EqualTo(consumer.PathOf("missing.cu")));
    }
}
