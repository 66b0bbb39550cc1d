using System.Globalization;
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
    public void BringsTestsThatFailWhereTheKernelIsWrong()
    {
        using var consumer = Templates.Create("fusion-app");
        var right = consumer.DotNet("test").MustSucceed();
        var kernel = consumer.Read("kernels/rms_norm.cu");
        File.WriteAllText(consumer.PathOf("kernels/rms_norm.cu"), kernel.Replace("v < vectors; v += blockDim.x", "v <= vectors; v += blockDim.x"));
        var wrong = consumer.DotNet("test");

        Assert.That(right, Does.Match(@"Passed! +- Failed: +0, Passed: +2, Skipped: +0").And.Not.Contain("warning"));
        Assert.That(wrong.ExitCode, Is.Not.Zero);
        Assert.That(wrong.Output, Does.Contain("FUSION6005").And.Contain("rms_norm"));
    }

    [Test]
    [Category("Nightly")]
    public void BringsTestsThatWriteACoverageOfTheKernelsLinesAndATrace()
    {
        using var consumer = Templates.Create("fusion-app");
        var (coverage, trace) = (consumer.PathOf("lcov.info"), consumer.PathOf("trace.txt"));
        var variables = new Dictionary<string, string?> { ["FUSION_EMULATOR_COVERAGE"] = coverage, ["FUSION_EMULATOR_TRACE"] = $"{trace};kernel=rms_norm;thread=3" };

        consumer.DotNet(variables, "test", "-p:FusionLineInfo=true").MustSucceed();

        var lines = File.ReadAllLines(coverage);
        var kernel = File.ReadAllLines(consumer.PathOf("kernels/rms_norm.cu"));
        var hits = lines.SkipWhile(line => line != $"SF:{consumer.PathOf("kernels/rms_norm.cu")}").Skip(1).TakeWhile(line => line != "end_of_record")
            .Where(line => line.StartsWith("DA:", StringComparison.Ordinal)).Select(line => line[3..].Split(',')).ToArray();
        Assert.That(hits, Has.Length.GreaterThan(5));
        Assert.That(hits.Select(hit => kernel[int.Parse(hit[0], CultureInfo.InvariantCulture) - 1].Trim()), Has.None.Empty);
        Assert.That(hits.Select(hit => long.Parse(hit[1], CultureInfo.InvariantCulture)), Has.All.Positive);
        Assert.That(File.ReadAllLines(trace), Has.Some.Match(@"^ +1 +\d+  rms_norm\.cu:\d+ +ld\.param"));
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
