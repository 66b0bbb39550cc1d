using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary><c>dotnet build -mt</c>: several projects in one process, whose current folder is nobody's.</summary>
public sealed class BuildsInOneProcess
{
    [Test]
    [Category("Nightly")]
    public void KeepTheTasksInTheProcessAndFindWhatIsRelativeToAProject()
    {
        using var consumer = new Consumer(Projects.Library(
            "<FusionIncludePaths>inc</FusionIncludePaths><FusionCompileCommands>true</FusionCompileCommands>",
            "<ProjectReference Include=\"../other/Other.csproj\" />"));
        consumer.Write("fill.cu", Kernels.Named("fill", "out[threadIdx.x] = FILL;", "#include <fill.cuh>"));
        consumer.Write("inc/fill.cuh", "#define FILL 1.0f\n");
        consumer.Write("../other/Other.csproj", Projects.Library("<FusionIncludePaths>inc</FusionIncludePaths>"));
        consumer.Write("../other/nuget.config", consumer.Read("nuget.config"));
        consumer.Write("../other/fill.cu", Kernels.Named("other", "out[threadIdx.x] = OTHER;", "#include <fill.cuh>"));
        consumer.Write("../other/inc/fill.cuh", "#define OTHER 1.0f\n");

        var build = consumer.Build("-mt").MustSucceed();

        Assert.That(consumer.Built.KernelNames("fill"), Is.EqualTo(["fill"]));
        Assert.That(new BuiltAssembly(consumer.PathOf("../other/bin/Debug/net10.0/Other.dll")).KernelNames("fill"), Is.EqualTo(["other"]));
        Assert.That(consumer.Read("compile_commands.json"), Does.Contain($"-I{consumer.PathOf("inc")}"));
        var elsewhere = build.Messages.Where(message => message.StartsWith("Launching task", StringComparison.Ordinal)).ToArray();
        Assert.That(elsewhere, Is.Not.Empty, "MSBuild says of other tasks that it runs them elsewhere");
        Assert.That(elsewhere, Has.None.Contains("Fusion.Build.Tasks"));
    }
}
