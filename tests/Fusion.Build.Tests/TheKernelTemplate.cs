using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed partial class TheKernelTemplate
{
    // The name, the options, and the launch that the file proposes.
    private static readonly (string Name, string[] Options, string Launcher, string Type)[] Kernels =
    [
        ("RmsNorm", [], "RmsNorm", "float"),
        ("Float", ["--data-type", "bf16"], "FloatKernel", "BFloat16"),
        ("IOCount.v2", ["--data-type", "f16"], "IoCountV2", "Half"),
        ("3D conv-größe", ["--kernel-type", "rows"], "Kernel3dConvGrE", "float"),
        ("核", ["--kernel-type", "rows", "--data-type", "bf16"], "Kernel", "BFloat16"),
        ("Load", ["--kernel-type", "rows", "--data-type", "f16"], "LoadKernel", "Half"),
    ];

    [Test]
    [Category("Nightly")]
    public void AddsKernelsThatCompileIntoAProjectAndWhoseHintsDo()
    {
        using var consumer = new Consumer(Projects.Library("<ImplicitUsings>enable</ImplicitUsings><RootNamespace>MyApp</RootNamespace>"));
        var calls = "";
        foreach (var (name, options, launcher, type) in Kernels)
        {
            var said = Templates.Add(consumer, "fusion-kernel", name, options);
            Assert.That(said, Does.Contain("the comment in the file shows the call").And.Contain("In a project of Microsoft.NET.Sdk nothing compiles it"));

            var source = consumer.Read($"{name}.cu");
            Assert.That(source, Does.Not.Contain("//#"), name);
            var launch = LaunchLine().Match(source).Groups[1].Value;
            Assert.That(launch, Does.StartWith($"Kernels.{launcher}.Launch("), name);
            calls += $$"""

                static void {{launcher}}(GpuStream stream, DeviceBuffer<{{type}}> output, DeviceBuffer<{{type}}> input, int rows, int columns, long count) =>
                    {{launch}}
                """;
        }

        consumer.Write("Calls.cs", $"using Fusion.Runtime;\nnamespace MyApp;\nstatic class Calls\n{{\n{calls}\n}}\n");
        consumer.Build("-warnaserror").MustSucceed();
        Assert.That(consumer.Images, Is.EquivalentTo(Kernels.Select(kernel => $"{kernel.Name}.sm_80.cubin")));
    }

    [GeneratedRegex(@"^// Launch: (.+;)$", RegexOptions.Multiline)]
    private static partial Regex LaunchLine();
}
