using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests;

public sealed class Tunings : FolderOfATest
{
    private const string Header = "gpu,ranks,topology,hidden,tokens,dtype,epilogue,strategy,launch,median_us,min_us,max_us";

    // 4096 bf16 are 8192 bytes a token: one-shot is best up to 4 tokens, two-shot up to 64, then the library.
    private static readonly (int Tokens, double One, double Two, double Library)[] Times =
        [(1, 2, 3, 9), (4, 3, 4, 9), (16, 8, 5, 9), (64, 30, 8, 10), (256, 100, 30, 20)];

    [Test]
    public void TheLimitsAreWhereTheFastestStrategyChanges()
    {
        var rows = Write("rows.csv", Times.SelectMany(call => new[]
        {
            Row(call.Tokens, "one-shot", call.One), Row(call.Tokens, "two-shot", call.Two), Row(call.Tokens, "separate-nccl", call.Library),
        }));
        var policy = Path.Combine(Folder, "policy.json");

        var run = Tool.Run("tune", rows, "--arch", "sm_90a", "--out", policy);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Match(@"4\s+a GPU each\s+32,768\s+524,288\s+5\s+0.0%\s+0.0%"));
        var planned = new[] { 4, 5, 64, 65 }.Select(tokens => Tool.Run(
            "plan", "--arch", "sm_90", "--world-size", "4", "--hidden", "4096", "--tokens", $"{tokens}", "--policy", policy, "--json").Json);
        Assert.That(planned.Select(plan => plan.GetProperty("strategy").GetString()),
            Is.EqualTo(new[] { "one-shot", "two-shot", "two-shot", "separate" }));
    }

    [Test]
    public void ACallThatDisagreesIsOutvotedAndShowsAsALoss()
    {
        var rows = Write("rows.csv", Times.SelectMany(call => new[]
        {
            Row(call.Tokens, "one-shot", call.One), Row(call.Tokens, "two-shot", call.Two),
            Row(call.Tokens, "one-shot", call.Tokens == 1 ? 4 : call.One, "fp8"), Row(call.Tokens, "two-shot", call.Two, "fp8"),
        }));

        var run = Tool.Run("tune", rows, "--arch", "sm_90");

        Assert.That(run.Output, Does.Match(@"4\s+a GPU each\s+32,768\s+no end\s+10\s+3.3%\s+33.3%"), run.Errors);
    }

    [Test]
    public void RowsOfOneStrategyAreRefused()
    {
        var run = Tool.Run("tune", Write("rows.csv", [Row(1, "one-shot", 2)]), "--arch", "sm_90");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.Contain("1 rows, but no call in them was measured with two strategies"));
    }

    [Test]
    public void AnArchitectureThatIsNoneIsRefused()
    {
        var run = Tool.Run("tune", Write("rows.csv", [Row(1, "one-shot", 2)]), "--arch", "hopper");

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((2, run.Errors)));
        Assert.That(run.Errors, Does.Contain("'hopper' is no GPU architecture"));
    }

    private string Write(string name, IEnumerable<string> rows)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllLines(file, rows.Prepend(Header));
        return file;
    }

    private static string Row(int tokens, string strategy, double time, string epilogue = "rmsnorm") => FormattableString.Invariant(
        $"NVIDIA H200,4,gpus,4096,{tokens},bf16,{epilogue},{strategy},graph,{time},{time},{time}");
}
