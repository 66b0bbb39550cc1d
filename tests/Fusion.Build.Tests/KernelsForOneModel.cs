using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>README's FusionAllReduce item, in a program that has no kernel of its own.</summary>
public sealed class KernelsForOneModel : SharedConsumer
{
    private const string Module = "fusion-allreduce/llama.bf16.residual_rmsnorm_fp8";

    private const string Item =
        """<FusionAllReduce Include="llama" HiddenSize="4096" DataType="bf16" WorldSizes="2;8" Epilogues="residual+rmsnorm+fp8" />""";

    private const string Program = """
        using Fusion.Runtime;

        foreach (var variant in AllReduceKernels.GetRegistered().Variants) Console.WriteLine(variant);
        var plan = AllReduceDispatcher.Plan(new PlanRequest
        {
            Capability = new(9, 0), WorldSize = 8, Tokens = 1, MaxTokens = 1, HiddenSize = 4096,
            Kernels = AllReduceKernels.GetRegistered(), Epilogue = AllReduceEpilogue.Parse("residual+rmsnorm+fp8"),
        });
        Console.WriteLine(plan.Kernel);
        """;

    private BuildResult build = null!;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Project(Item)).Write("Program.cs", Program);
        build = consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void AreInTheAssemblyAndItsManifest()
    {
        Assert.That(build.Warnings, Is.Empty, build.Output);
        var module = Consumer.Built.Manifest.Modules.Single();
        Assert.That(module.Name, Is.EqualTo(Module));
        Assert.That(Consumer.Built.KernelNames(Module), Is.EqualTo([
            "epilogue_bf16_v1_h4096_residual_rmsnorm_fp8",
            "one_shot_bf16_p1_v1_h4096_n2_residual_rmsnorm_fp8", "one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8",
            "two_shot_bf16_p1_v1_h4096_n2_residual_rmsnorm_fp8", "two_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8"]));
        Assert.That(Consumer.Built.Resources, Does.ContainKey($"Fusion.Kernels/{Module}.sm_90a.cubin"));
        TestContext.Out.WriteLine(
            $"assembly {new FileInfo(Consumer.PathOf("bin/Debug/net10.0/Consumer.dll")).Length:N0} bytes, cubin {module.Images.Single().Bytes:N0} bytes");
    }

    // The kernels for all models need 58 and 64 registers with up to 144 bytes of local memory; those have to be better.
    [Test]
    public void AreSmallerThanThoseForAllModels()
    {
        var kernels = Consumer.Built.Module(Module).Images.Single().Kernels.ToDictionary(kernel => kernel.Name);

        Assert.That(kernels["one_shot_bf16_p1_v1_h4096_n2_residual_rmsnorm_fp8"].Registers, Is.LessThan(58));
        Assert.That(kernels["epilogue_bf16_v1_h4096_residual_rmsnorm_fp8"].Registers, Is.LessThan(58));
        Assert.That(kernels["one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8"].LocalBytes, Is.LessThan(96));
        Assert.That(kernels["two_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8"].LocalBytes, Is.LessThan(144));
        Assert.That(Consumer.Built.Module(Module).Images.Single().Bytes, Is.LessThan(150_000));
    }

    [Test]
    public void AreRegisteredWhenTheProgramStartsAndPlansPreferThem() =>
        Assert.That(Consumer.DotNet("run", "--no-build").MustSucceed().ReplaceLineEndings("\n"), Does.Contain(
            "4096 bf16, 2 ranks, residual+rmsnorm+fp8 (llama of Consumer)\n4096 bf16, 8 ranks, residual+rmsnorm+fp8 (llama of Consumer)\n" +
            "one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8"));

    [Test]
    public void AreCompiledOnce()
    {
        var again = Consumer.Rebuild().MustSucceed();

        Assert.That(again.StartedCompiler, Is.False);
        Assert.That(Consumer.ImageFiles, Does.Contain($"{Module}.sm_90a.cubin"));
    }

    [Test]
    public void AreCompiledOnceForAllConfigurations()
    {
        var release = Consumer.Rebuild("-c", "Release").MustSucceed();

        Assert.That(release.CompiledJobs, Is.Empty);
        Assert.That(Consumer.PathOf($"obj/{Module}.cu"), Does.Exist);
    }

    [Test]
    public void ThatAreWronglyAskedForAreAnErrorOfTheProject()
    {
        using var consumer = new Consumer(Project(Item.Replace("rmsnorm", "rmsnrom", StringComparison.Ordinal))).Write("Program.cs", Program);

        var error = consumer.Build().MustFail().Error("FUSION1705");

        Assert.That(error.Text, Does.Contain("Did you mean 'rmsnorm'?"));
        Assert.That(Path.GetFileName(error.File), Is.EqualTo("Consumer.csproj"));
    }

    private static string Project(string item) => Projects.Library(
        "<OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings>", item, architectures: "sm_90a");
}
