using System.Xml.Linq;
using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests;

public sealed class GraphsOfModels : FolderOfATest
{
    private const string Layer = """
        {
          "name": "layer",
          "inputs": [ { "name": "x", "columns": 4096 }, { "name": "residual", "columns": 4096 } ],
          "weights": [ { "name": "gamma", "columns": 4096 }, { "name": "scale", "columns": 1, "type": "f32" } ],
          "ops": [
            { "op": "all_reduce", "name": "sum", "inputs": { "input": "x" }, "outputs": { "allreduce_out": "a" } },
            { "op": "view", "name": "flat", "inputs": { "input": "a" }, "results": [ { "name": "v", "columns": 4096 } ] },
            { "op": "residual", "name": "add", "inputs": { "input": "v", "residual": "residual" }, "outputs": { "residual_out": "h" } },
            { "op": "rmsnorm", "name": "norm", "inputs": { "input": "h", "gamma": "gamma" }, "outputs": { "norm_out": "n" }, "epsilon": 1e-5 },
            { "op": "fp8", "name": "quant", "inputs": { "input": "n", "scale": "scale" }, "outputs": { "quant_out": "q" } }
          ],
          "outputs": { "q": "q", "h": "h" }
        }
        """;

    [Test]
    public void AreReportedWithTheirPlans()
    {
        var run = Tool.Run("graph", Write("layer.json", Layer));

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Lines[0], Is.EqualTo("layer: 1 of 1 all-reduces fused; 5 ops became 1"));
        Assert.That(run.Output, Does.Contain("sum: all_reduce+residual+rmsnorm+fp8")
            .And.Contain("add + norm: 'add' and 'norm'").And.Contain("all-reduce: 'sum' and 'add'"));
        Assert.That(run.Output, Does.Contain("    1 token:  one-shot, ").And.Contain(" 8192 tokens: two-shot, "));
    }

    [Test]
    public void AreShownBeforeAndAfterAndDrawn()
    {
        var picture = Path.Combine(Folder, "layer.svg");
        var run = Tool.Run("graph", Write("layer.json", Layer), "--before", "--after", "--svg", picture);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.Contain("%v: bf16[tokens, 4096] = view(%a)")
            .And.Contain("%h: bf16[tokens, 4096], %q: e4m3[tokens, 4096] = all_reduce+residual+rmsnorm+fp8(%x, residual: %residual"));
        XNamespace svg = "http://www.w3.org/2000/svg";
        var texts = XDocument.Load(picture).Descendants(svg + "text").Select(text => text.Value).ToArray();
        Assert.That(texts, Does.Contain("before").And.Contain("after").And.Contain("all_reduce+residual+rmsnorm+fp8"));
    }

    [Test]
    public void AConfigurationWithVllmsNamesSwitchesPassesOffAndTheWarningSaysWhatIsLost()
    {
        var config = Write("config.json", """{ "enable_noop": false, "fi_allreduce_fusion_max_size_mb": { "2": 0.5 } }""");
        var run = Tool.Run("graph", Write("layer.json", Layer), "--config", config);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("0 of 1 all-reduces fused").And.Contain("no-op elimination    off")
            .And.Contain("warning: FUSION5005: all_reduce 'sum' is not fused with residual+rmsnorm+fp8 'add': view 'flat'"));
    }

    [TestCase("")]
    [TestCase("--after --format json")]
    [TestCase("--before --format mermaid")]
    public void APassOfVllmThatFusionDoesNotHaveIsAWarningWhateverIsShown(string options)
    {
        var config = Write("config.json", """
            { "enable_sp": true, "fuse_act_quant": false, "fuse_allreduce_rms": true, "fi_allreduce_fusion_max_size_mb": 0.5, "eliminate_noops": false }
            """);
        var run = Tool.Run(["graph", Write("layer.json", Layer), "--config", config, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var told = options.Length == 0 ? run.Output : run.Errors;
        Assert.That(told, Does.Contain($"warning: FUSION5010: The pass configuration '{config}' has 'enable_sp': true, sequence parallelism")
            .And.Contain("warning: FUSION5005: ").And.Not.Contain("fuse_act_quant"));
        if (options.Length > 0) Assert.That(run.Output, Does.Not.Contain("warning"));
    }

    [Test]
    public void ASizeLimitOfTheConfigurationShowsInThePlans()
    {
        var config = Write("config.json", """{ "maxSizeMb": { "2": 0.5 } }""");
        var run = Tool.Run("graph", Write("layer.json", Layer), "--config", config);
        Assert.That(run.Output, Does.Contain("   64 tokens: one-shot").And.Contain(
            " 1024 tokens: separate, its 8,388,608 bytes are more than the configuration's limit of 0.5 MiB for 2 ranks"));
    }

    [Test]
    public void WhatIsShownAsJsonIsAGraphAgain()
    {
        var fused = Tool.Run("graph", Write("layer.json", Layer), "--after", "--format", "json");
        var again = Tool.Run("graph", Write("fused.json", fused.Output), "--after", "--format", "json");
        Assert.That((again.ExitCode, again.Errors), Is.EqualTo((0, "")));
        Assert.That(again.Output, Is.EqualTo(fused.Output));
    }

    [TestCase("\"rmsnorm\"", "\"rmsnrom\"", "FUSION5003", "did you mean 'rmsnorm'?")]
    [TestCase("\"residual\": \"residual\"", "\"residual\": \"residul\"", "FUSION5003", "did you mean 'residual'?")]
    [TestCase("\"name\": \"residual\", \"columns\": 4096", "\"name\": \"residual\", \"columns\": 2048", "FUSION5001", "residual (%residual) is bf16[tokens, 2048]")]
    [TestCase("\"epsilon\"", "\"epsilom\"", "FUSION5003", "did you mean 'epsilon'?")]
    public void AMistakeIsToldWithWhereItIs(string right, string wrong, string code, string words)
    {
        var run = Tool.Run("graph", Write("layer.json", Layer.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain(code).And.Contain(words));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
