using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheFileTemplate
{
    [Test]
    [Category("Nightly")]
    public void MakesAProgramOfOneFileThatRunsWithoutAGpu()
    {
        using var consumer = Templates.Create("fusion-file", "Hello", "--architectures", "sm_80;compute_80");

        Assert.That(consumer.Read("Hello.cs"), Does.StartWith($"#:sdk Fusion.Sdk@{PackedSdk.Version}\n#:property FusionArchitectures=sm_80;compute_80\nusing "));
        Assert.That(Run(consumer, "Hello.cs"), Is.EqualTo("No GPU here. The kernel is built for sm_80, compute_80."));
    }

    [Test]
    [Category("Nightly")]
    public void TakesANameThatIsNoNamespace()
    {
        using var consumer = Templates.Create("fusion-file", "2 app-2.0");

        Assert.That(consumer.Read("2 app-2.0.cs"), Does.Contain("\nusing _2_app_2._0;"));
        Assert.That(Run(consumer, "2 app-2.0.cs"), Is.EqualTo("No GPU here. The kernel is built for sm_80, compute_80, sm_90a."));
    }

    private static string Run(Consumer consumer, string program)
    {
        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU, which the program would use");
        // Where dotnet keeps what it builds of such a program: not among those of this machine's user. Native code would need its compiler.
        var data = Directory.CreateDirectory(Path.Combine(consumer.Root, "data")).FullName;
        return consumer.DotNet(new Dictionary<string, string?> { ["XDG_DATA_HOME"] = data }, "run", "-p:PublishAot=false", program)
            .MustSucceed().TrimEnd().Split('\n')[^1].Trim();
    }
}
