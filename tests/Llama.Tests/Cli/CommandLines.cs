using Fusion.Graph;
using Llama.Cli.Runners;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary>What command lines of <c>llama</c> ask for.</summary>
public sealed class CommandLines
{
    [TestCase("bench --shape tiny", "Name a checkpoint by --model DIR, or take random weights by --shape NAME --random.")]
    [TestCase("bench --random", "Name a checkpoint by --model DIR")]
    [TestCase("bench --shape gpt-2 --random", "'gpt-2'")]
    [TestCase("bench --model /nowhere --shape tiny --random", "Give either --model, or --shape with --random.")]
    [TestCase("bench --model /nowhere", "/nowhere/config.json: it cannot be read")]
    [TestCase("bench --shape tiny --random --batch 1,x", "'x' is no number above 0, as option '--batch' needs: 1,8,32.")]
    [TestCase("bench --shape tiny --random --context 1024", "Option '--context' is 1024, but the model's context has 1024 tokens")]
    [TestCase("bench --shape tiny --random --repeats 0", "Option '--repeats' is 0, but must be 1 or more.")]
    [TestCase("bench --shape tiny --random --ranks 3", "spread over 3 ranks, which must divide its sizes: num_attention_heads is 8")]
    [TestCase("bench --shape tiny --random --ranks 0", "ranks")]
    [TestCase("bench --shape llama-3-8b --random", "The model has 16.1 GB of weights, too many for the CPU")]
    [TestCase("bench --shape tiny --random --all-reduce nccl --ranks 2", "'--all-reduce nccl' needs GPUs; on the CPU there are fused and separate.")]
    [TestCase("bench --shape tiny --random --all-reduce fast", "'fast'")]
    [TestCase("bench --shape tiny --random --passes /nowhere.json", "/nowhere.json")]
    [TestCase("load --shape tiny --random --qps 0", "'0' is no number above 0, as option '--qps' needs: 1,5,10.")]
    [TestCase("load --shape tiny --random --seconds -1", "Option '--seconds' is -1")]
    [TestCase("generate --model /nowhere", "'--prompt' is required")]
    [TestCase("generate --prompt hello", "'--model' is required")]
    [TestCase("bench --shape tiny --random --device emulator --all-reduce nccl", "'--all-reduce nccl' needs GPUs; on the emulator there are fused and separate.")]
    [TestCase("bench --shape tiny --random --skinny-rows 33", "Option '--skinny-rows' is 33, but must be 0 to 32.")]
    [TestCase("bench --shape tiny --random --bandwidth 0", "Option '--bandwidth' is 0, but must be above 0.")]
    [TestCase("random --shape tiny --layers 0 --out somewhere", "Option '--layers' is 0, but must be 1 or more.")]
    [TestCase("bench --shape tiny --random --csv /nowhere/rows.csv", "/nowhere/rows.csv")]
    [TestCase("bench --shape tiny --random --device tpu", "'tpu'")]
    public void ThatMakeNoSenseAreRefused(string line, string text)
    {
        var result = Tool.Run(line.Split(' '));
        Assert.That(result.Error, Does.Contain(text));
        Assert.That((result.Code, result.Out), Is.EqualTo((2, "")));
    }

    [Test]
    public void OfALoadThatDoesNotFitThePagesAreRefused()
    {
        var result = Tool.Run("load", "--shape", "tiny", "--random", "--input", "100", "--output", "50", "--pages", "5");
        Assert.That(result.Error, Does.Contain("150 together; the cache holds 80 (5 pages of 16)"));
        Assert.That(result.Code, Is.EqualTo(1));
    }

    [TestCase("", null, "Fused")]
    [TestCase("", "false", "Separate")]
    [TestCase("--all-reduce fused", "false", "Fused")]
    [TestCase("--all-reduce separate", "true", "Separate")]
    [TestCase("--all-reduce nccl", null, "Nccl")]
    public void SayHowRanksSum(string option, string? inFile, string way)
    {
        using var folder = new TestFolder();
        string[] passes = inFile is null ? [] : ["--passes", folder.Write("passes.json", $$"""{ "fuse_allreduce_rms": {{inFile}} }""")];
        var runners = new TestRunners(settings => new PageRunner(settings.Limits));
        var result = Tool.RunAsync(runners, TimeProvider.System, CancellationToken.None,
            ["bench", "--shape", "tiny", "--random", "--context", "4", "--ranks", "2", .. passes, .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Result;
        Assert.That(result.Out, Does.Contain($"all-reduce {way.ToLowerInvariant()}"), result.Error);
        Assert.That((runners.Asked.Single().AllReduce, runners.Asked.Single().Passes),
            Is.EqualTo((Enum.Parse<AllReduceWay>(way), FusionPassConfig.Default with { AllReduceFusion = way == "Fused" })));
    }

    [Test]
    public void AskForWhatTheySay()
    {
        using var folder = new TestFolder();
        var passes = folder.Write("passes.json", """{ "fuse_norm_quant": false, "fi_allreduce_fusion_max_size_mb": { "2": 3 } }""");
        var runners = new TestRunners(settings => new PageRunner(settings.Limits));
        var result = Tool.RunAsync(runners, TimeProvider.System, CancellationToken.None,
            "bench", "--shape", "qwen3-32b", "--random", "--fp8", "--device", "gpu", "--ranks", "2", "--batch", "1,4", "--context", "30", "--passes", passes).Result;
        Assert.That((result.Code, result.Error), Is.EqualTo((0, "")));
        var asked = runners.Asked.Single();
        Assert.That((asked.Device, asked.Ranks, asked.AllReduce, asked.Model.Name, asked.Model.Folder), Is.EqualTo(("gpu", 2, AllReduceWay.Fused, "qwen3-32b-fp8", (string?)null)));
        Assert.That((asked.Model.Config.IsFp8, asked.Model.Config.Hidden), Is.EqualTo((true, 5120)));
        Assert.That((asked.Passes.NormQuantFusion, asked.Passes.AllReduceFusion, asked.Passes.MaxSizeMb[2]), Is.EqualTo((false, true, 3.0)));
        Assert.That(asked.Limits, Is.EqualTo(new Llama.Model.Running.RunnerLimits(30, 4, 16, 8, 31)));
    }
}
