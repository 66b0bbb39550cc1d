using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheAllReduceTemplate
{
    [Test]
    public void MakesAProjectThatRunsOnTheCpuAndAgreesWithTheReference()
    {
        using var consumer = Templates.Create("fusion-allreduce");
        Assert.That(Directory.GetFiles(consumer.Folder).Select(Path.GetFileName),
            Is.EquivalentTo(["Consumer.csproj", "Program.cs", "RankMemory.cs", "README.md", "nuget.config"]));
        Assert.That(consumer.Read("Consumer.csproj"), Does.Contain($"Sdk=\"Fusion.Sdk/{PackedSdk.Version}\""));

        consumer.Build("-warnaserror").MustSucceed();
        Assert.That(consumer.RestoredPackages, Does.Contain($"Fusion.Runtime/{PackedSdk.Version}"));

        var onCpu = consumer.DotNet("run", "--no-build", "--", "--cpu").MustSucceed();
        AssertRanOnCpu(onCpu);
        Assert.That(onCpu, Does.Not.Contain("No GPU here"), "it was asked for");
        var wrong = consumer.DotNet("run", "--no-build", "--", "--gpu");
        Assert.That(wrong.ExitCode, Is.EqualTo(2));
        Assert.That(wrong.Output, Does.Contain("--cpu to run on the CPU"));

        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU, for which the GPU bundle runs the program");
        var withoutGpu = consumer.DotNet("run", "--no-build").MustSucceed();
        Assert.That(withoutGpu, Does.Contain("No GPU here, so the ranks are on the CPU. FUSION200"));
        AssertRanOnCpu(withoutGpu);
    }

    [Test]
    [Category("Nightly")]
    public void TakesArchitecturesForKernelsThatAreAddedToIt()
    {
        using var consumer = Templates.Create("fusion-allreduce", "All-Reduce 4", "--architectures", "sm_90a");

        Templates.Add(consumer, "fusion-kernel", "MyKernel", "-o", "kernels");
        consumer.Build("-warnaserror").MustSucceed();

        Assert.That(consumer.Images, Is.EqualTo(["kernels/MyKernel.sm_90a.cubin"]));
    }

    private static void AssertRanOnCpu(string output)
    {
        Assert.That(output, Does.Contain("rank 0 on the CPU"));
        Assert.That(output, Does.Contain("rank 3 on the CPU"));
        Assert.That(output, Does.Contain("Plan: one-shot, because on the CPU each rank reads the inputs of all"));
        // 4 ranks, each with the sum and the FP8 of 16 tokens of 4096.
        Assert.That(output, Does.Contain("4 ranks, 16 tokens of 4096: 0 of 524288 numbers differ from the reference"));
        Assert.That(output.TrimEnd(), Does.EndWith("PASS"));
    }
}
