using System.Text.Json;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Tests;

public sealed class Plans : FolderOfATest
{
    private const string Issue = "plan --arch sm_90 --world-size 8 --tokens 128 --hidden 8192 --dtype bf16 --quant nvfp4";

    [Test]
    public void APlanHasStrategyReasonAndWorkspace()
    {
        var run = Tool.Type(Issue);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Errors, Is.Empty);
        Assert.That(run.Lines[0], Is.EqualTo("two-shot"));
        Assert.That(run.Output, Does.Contain("128 tokens of 8192 bf16 are 2,097,152 bytes, more than one-shot's limit of 65,536")
            .And.Contain("two_shot_bf16_p7_v1").And.Contain("1024 threads"));
        // 2 buffers of 7 slots of 16 tokens, and 128 tokens, of 16 KiB each, and 256 bytes.
        Assert.That(run.Output, Does.Contain("7,864,576 bytes (7.5 MiB) on each rank, for calls of up to 128 tokens"));
    }

    [Test]
    public void AsJsonToo()
    {
        var json = Tool.Type($"{Issue} --json --max-tokens 2048").Json;
        Assert.That(json.GetProperty("strategy").GetString(), Is.EqualTo("two-shot"));
        Assert.That(json.GetProperty("reason").GetString(), Does.Contain("one-shot's limit of 65,536"));
        Assert.That(json.GetProperty("workspaceBytes").GetInt64(), Is.EqualTo(62_914_816), "for pieces of 1024 tokens");
        Assert.That(json.GetProperty("kernel").GetString(), Is.EqualTo("two_shot_bf16_p7_v1"));
    }

    [Test]
    public void ACallLargerThanTheWorkspacesLimitIsDoneInPieces()
    {
        const string Call = "plan --arch sm_90 --world-size 2 --hidden 8192 --tokens 8192";
        Assert.That(Tool.Type(Call).Output, Does.Contain("pieces     7, of up to 1280 tokens"));
        Assert.That(Tool.Type($"{Call} --workspace-limit 1024").Output, Does.Not.Contain("pieces"));
        var json = Tool.Type($"{Call} --workspace-limit 32 --json").Json;
        Assert.That((json.GetProperty("pieces").GetInt32(), json.GetProperty("pieceTokens").GetInt32()), Is.EqualTo((13, 640)));
        Assert.That(json.GetProperty("workspaceBytes").GetInt64(), Is.LessThanOrEqualTo(32 << 20));
    }

    [TestCase("--workspace-limit 0")]
    [TestCase("--workspace-limit -1")]
    public void ALimitThatIsNoneIsRefused(string option)
    {
        var run = Tool.Type($"plan --arch sm_90 --world-size 2 --hidden 64 --tokens 8 {option}");
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("WorkspaceLimitBytes").And.Contain("1 or more"));
    }

    [TestCase("--tokens 1", "one-shot", 0)]
    [TestCase("--tokens 4", "one-shot", 0)]
    [TestCase("--tokens 5", "two-shot", 0)]
    [TestCase("--tokens 2049", "separate", 0)]
    [TestCase("--tokens 2049 --topology loopback", "two-shot", 0)]
    [TestCase("--tokens 8 --strategy separate", "separate", 0)]
    [TestCase("--tokens 9 --strategy one-shot", "refuse", 1)]
    [TestCase("--tokens 9 --max-tokens 8", "refuse", 1)]
    [TestCase("--tokens 0", "refuse", 1)]
    [TestCase("--tokens 8 --quant fp8-group --group-size 100", "refuse", 1)]
    public void TheExitCodeTellsARefusal(string options, string strategy, int exitCode)
    {
        var run = Tool.Type($"plan --arch sm_90 --world-size 8 --hidden 8192 --json {options}");
        Assert.That(run.Json.GetProperty("strategy").GetString(), Is.EqualTo(strategy));
        Assert.That(run.Json.GetProperty("reason").GetString(), Is.Not.Empty);
        Assert.That(run.ExitCode, Is.EqualTo(exitCode));
    }

    [Test]
    public void TheCpuNeedsNoArchitectureAndNoWorkspace()
    {
        var run = Tool.Type("plan --topology cpu --world-size 2 --tokens 4 --hidden 64 --json");
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Json.GetProperty("workspaceBytes").GetInt64(), Is.Zero);
    }

    [Test]
    public void APolicyFileChangesTheStrategyAndIsQuoted()
    {
        var policy = Path.Combine(Folder, "policy.json");
        File.WriteAllText(policy, """{ "rows": [ { "worldSize": 8, "oneShotUpTo": 4194304, "source": "tuned on node 7" } ] }""");
        var run = Tool.Run([.. Issue.Split(' '), "--policy", policy]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Lines[0], Is.EqualTo("one-shot"));
        Assert.That(run.Output, Does.Contain("tuned on node 7"));
    }

    [Test]
    public void APolicyFileThatNamesAGpuIsForThatGpuAndOneThatNamesSeveralWantsAChoice()
    {
        var policy = Path.Combine(Folder, "policy.json");
        var limits = AllReducePolicy.Default.With(new() { Gpu = "NVIDIA H200", OneShotUpTo = 4 << 20, Source = "of an H200" });
        limits.Save(policy);
        Assert.That(Tool.Run([.. Issue.Split(' '), "--policy", policy]).Output, Does.StartWith("one-shot").And.Contain("of an H200"));
        Assert.That(Tool.Run([.. Issue.Split(' '), "--policy", policy, "--gpu", "NVIDIA H20"]).Output, Does.StartWith("two-shot"));

        limits.With(new() { Gpu = "NVIDIA H20", OneShotUpTo = 0 }).Save(policy);
        var run = Tool.Run([.. Issue.Split(' '), "--policy", policy]);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain("Choose by --gpu: 'NVIDIA H200', 'NVIDIA H20'."));
    }

    [Test]
    public void AWrongPolicyFileIsAMistakeWithFileLineAndField()
    {
        var policy = Path.Combine(Folder, "policy.json");
        File.WriteAllText(policy, "{ \"rows\": [\n{ \"oneShotUpto\": 1 } ] }");
        var run = Tool.Run([.. Issue.Split(' '), "--policy", policy]);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain($"FUSION3003: The policy '{policy}', line 2, field 'oneShotUpto'")
            .And.Contain("did you mean 'oneShotUpTo'?"));
    }

    [Test]
    public void WhatAProgramReadsHasNoEscapesOfATerminal()
    {
        var run = Tool.Type($"{Issue} --json");
        Assert.That(run.Output, Does.Not.Contain('\u001b').And.Not.Contain("\\u0027"));
        Assert.That(run.Json.ValueKind, Is.EqualTo(JsonValueKind.Object));
    }

    [Test]
    public void KernelsOfAnAssemblyArePreferredWhereTheyFit()
    {
        var assembly = SampleAssembly.Write(Folder, KernelsForOneModel());
        var run = Tool.Run([.. "plan --arch sm_90 --world-size 8 --tokens 1 --hidden 4096 --epilogue residual+rmsnorm+fp8 --kernels".Split(' '), assembly]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("; specialised for 4096 bf16, 8 ranks, residual+rmsnorm+fp8 (llama of MyKernels)")
            .And.Contain("kernel     one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8")
            .And.Contain("  used       4096 bf16, 8 ranks, residual+rmsnorm+fp8 (llama of MyKernels): they fit the call"));
    }

    [TestCase("--world-size 4 --hidden 4096", "they are for 8 ranks, not 4")]
    [TestCase("--world-size 8 --hidden 8192", "they are for a hidden size of 4096, not 8192")]
    [TestCase("--world-size 8 --hidden 4096 --dtype f16", "they are for bf16, not f16")]
    [TestCase("--world-size 2 --hidden 64 --dtype f32",
        "they are for 8 ranks, not 2; they are for a hidden size of 4096, not 64; they are for bf16, not f32")]
    [TestCase("--world-size 8 --hidden 4096 --epilogue rmsnorm+fp8", "they are for residual+rmsnorm+fp8, not rmsnorm+fp8")]
    [TestCase("--world-size 8 --hidden 4096 --topology cpu", "ranks on the CPU have no kernels")]
    [TestCase("--world-size 8 --hidden 4096 --max-tokens 0", "the call is refused")]
    public void KernelsThatDoNotFitSayWhyNot(string options, string why)
    {
        var assembly = SampleAssembly.Write(Folder, KernelsForOneModel());
        var epilogue = options.Contains("--epilogue", StringComparison.Ordinal) ? "" : "--epilogue residual+rmsnorm+fp8";
        string[] line = [.. $"plan --arch sm_90 --tokens 1 {options} {epilogue} --kernels".Split(' ', StringSplitOptions.RemoveEmptyEntries), assembly];

        var run = Tool.Run(line);
        Assert.That(run.Output, Does.Contain($"  not used   4096 bf16, 8 ranks, residual+rmsnorm+fp8 (llama of MyKernels): {why}"), run.Errors);
        var variant = Tool.Run([.. line, "--json"]).Json.GetProperty("variants").EnumerateArray().Single();
        Assert.That((variant.GetProperty("isUsed").GetBoolean(), variant.GetProperty("why").GetString()), Is.EqualTo((false, why)));
    }

    [Test]
    public void KernelsForWhichNothingIsSaidOfTheEpilogueSayWhichTheyAreFor()
    {
        var run = Tool.Run([.. "plan --arch sm_90 --world-size 8 --tokens 1 --hidden 4096 --kernels".Split(' '),
            SampleAssembly.Write(Folder, KernelsForOneModel())]);
        Assert.That(run.Output, Does.Contain("not used   4096 bf16, 8 ranks, residual+rmsnorm+fp8 (llama of MyKernels): " +
            "what follows the sum is not said; they would fit residual+rmsnorm+fp8"));
    }

    [TestCase("--epilogue residual+rmsnrom", "Did you mean 'rmsnorm'?")]
    [TestCase("--epilogue fp8 --quant fp8", "Give either --epilogue, or --quant with --group-size.")]
    [TestCase("--kernels nowhere.dll", "'nowhere.dll' cannot be read")]
    public void AWrongEpilogueOrAssemblyIsAMistake(string options, string text)
    {
        var run = Tool.Type($"plan --arch sm_90 --world-size 8 --tokens 1 --hidden 4096 {options}");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain(text));
    }

    [Test]
    public void AnAssemblyWithoutSuchKernelsIsAMistake()
    {
        var run = Tool.Run([.. "plan --arch sm_90 --world-size 8 --tokens 1 --hidden 4096 --kernels".Split(' '), SampleAssembly.Write(Folder)]);
        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("has no all-reduce kernels for a model").And.Contain("FusionAllReduce"));
    }

    private static KernelManifest KernelsForOneModel()
    {
        var module = SampleAssembly.Manifest.Modules[0];
        var kernels = new[] { "one_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8", "two_shot_bf16_p7_v1_h4096_n8_residual_rmsnorm_fp8" }
            .Select(name => module.Images[0].Kernels[0] with { Name = name, Symbol = name }).ToList();
        return SampleAssembly.Manifest with
        {
            Modules =
            [
                module with
                {
                    Name = "fusion-allreduce/llama.bf16.residual_rmsnorm_fp8",
                    Images = [.. module.Images.Select(image => image with { Kernels = kernels })],
                },
            ],
        };
    }
}
