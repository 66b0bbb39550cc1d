using Fusion.Cli.Benchmarks;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Tests;

/// <summary>What follows the sum has the same words, with the same meaning, in each command.</summary>
public sealed class Epilogues : FolderOfATest
{
    [TestCase("none")]
    [TestCase("rmsnorm")]
    [TestCase("residual+rmsnorm")]
    [TestCase("fp8")]
    [TestCase("residual")]
    [TestCase("residual+rmsnorm1+nvfp4")]
    [TestCase("layernorm+fp8-token")]
    [TestCase("residual+rmsnorm-hf+mxfp8")]
    [TestCase("rmsnorm+fp8-group32-ue8m0")]
    public void ACallThatIsMeasuredHasWhatItsWordsSay(string words)
    {
        using var group = RankGroup.OnCpu(2);
        var epilogue = BenchEpilogue.Parse(words).Single();
        using var buffers = new BenchBuffers(group, ElementType.BFloat16, 64, 3, epilogue);
        Assert.That(AllReduceEpilogue.Of(buffers.Call(1)), Is.EqualTo(AllReduceEpilogue.Parse(words)));
        Assert.That(epilogue.ToString(), Is.EqualTo(words), "rows are kept under these words");

        using var operation = new AllReduce(group, new() { HiddenSize = 64, MaxTokens = 3 });
        foreach (var rank in group.Ranks) operation.Launch(rank.Index, null, buffers.Call(rank.Index));
        Assert.That(() => operation.Synchronize(0), Throws.Nothing);
    }

    [Test]
    public void TheUsualOnesAreTheSumAndResidualAndRmsNormWithEachQuantization() => Assert.That(
        BenchEpilogue.Parse(null).Select(epilogue => epilogue.ToString()),
        Is.EqualTo(BenchEpilogue.Default.Split(", ")).And.EqualTo(new[]
        {
            "none", "residual+rmsnorm",
        }.Concat(AllReduceVocabulary.Quantizations.Select(row => $"residual+rmsnorm+{row.Word}"))));

    [TestCase("bench allreduce --ranks 2 --hidden 64 --tokens 1 --epilogue allreduce", "'allreduce' is no epilogue: 'allreduce' is none of residual, rmsnorm,")]
    [TestCase("bench allreduce --ranks 2 --hidden 64 --tokens 1 --epilogue none,residual+rmsnrom", "Did you mean 'rmsnorm'?")]
    [TestCase("plan --arch sm_90 --world-size 2 --hidden 64 --tokens 1 --epilogue allreduce", "'allreduce' is no epilogue: 'allreduce' is none of residual, rmsnorm,")]
    public void AWordThatIsNoneIsAMistakeInBothBeforeAnythingElse(string line, string words)
    {
        var run = Tool.Type(line);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain(words));
    }

    [Test]
    public void RowsOfWordsThatAreNoneAreNoRows()
    {
        var rows = Path.Combine(Folder, "rows.csv");
        File.WriteAllText(rows, "GPU,2,gpus,64,1,bf16,allreduce,one-shot,graph,1,1,1\n");
        var run = Tool.Run("tune", rows, "--arch", "sm_90");
        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("rows.csv(1): ").And.Contain("is no row"));
    }
}
