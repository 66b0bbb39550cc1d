using System.Diagnostics;
using System.Text.Json;
using Fusion.Emulation;
using Llama.Cli.Load;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary><c>llama load --processes</c>: rank 0 takes the requests, and the others follow.</summary>
public sealed class LoadsOfProcesses
{
    private static readonly string[] Line = ["load", "--shape", "tiny", "--random", "--input", "5", "--output", "3", "--qps", "4,8", "--seconds", "1"];

    private static readonly string[] Long = ["load", "--shape", "tiny", "--random", "--qps", "50", "--input", "5", "--output", "40", "--seconds", "60"];

    [Test]
    public void AreMeasuredAndTheFirstPrints()
    {
        using var folder = new TestFolder();
        var results = LaunchedRanks.Together(2, null, [.. Line, "--json", "--csv", folder["rows.csv"]]);
        Assert.That(results, Is.EqualTo([new Tool.Result(0, results[0].Out, ""), new(0, "", "")]));
        var rows = JsonSerializer.Deserialize<List<LoadRow>>(results[0].Out, JsonSerializerOptions.Web)!;
        Assert.That(rows.Select(row => (row.Qps, row.Requests, row.Ranks, row.IsInProcesses)), Is.EqualTo(
            new[] { 4.0, 8 }.Select(qps => (qps, PoissonArrivals.Of(qps, TimeSpan.FromSeconds(1), 1).Count, 2, true))));
        Assert.That(File.ReadAllLines(folder["rows.csv"])[1], Does.StartWith("tiny,cpu,2,fused,4,5,3,"));
    }

    [Test]
    [Category("Nightly")]
    public void AreMeasuredOnEmulatedGpus()
    {
        Emulator.Use(new() { Gpus = 2 });
        try
        {
            var results = LaunchedRanks.Together(2, null, [.. Line, "--device", "emulator", "--qps", "1", "--max-sequences", "2", "--max-step-tokens", "8"]);
            Assert.That(results, Is.EqualTo([new Tool.Result(0, results[0].Out, ""), new(0, "", "")]));
            Assert.That(results[0].Out, Does.StartWith("tiny on 2 ranks (emulator, a process each), all-reduce fused: "));
            Assert.That(Emulator.Faults, Is.Empty);
        }
        finally
        {
            Emulator.Leave();
        }
    }

    [TestCase(1)]
    [TestCase(0)]
    [Platform("Linux")]
    public void EndWithAnErrorWhenTheProcessOfARankIsKilled(int rank)
    {
        using var ranks = new LaunchedRanks(2, Long);
        ranks.WaitForServer();
        ranks.Kill(rank);
        var killed = Stopwatch.StartNew();
        var results = ranks.Results();
        Assert.That(killed.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        Assert.That((results[1 - rank].Code, results[1 - rank].Out), Is.EqualTo((1, "")));
        Assert.That(results[1 - rank].Error, Does.Contain($"FUSION4012: Rank {rank} ").And.Contain("ended or was killed"));
        Assert.That((results[rank].Code, results[rank].Out), Is.EqualTo((137, "")));
    }

    [Test]
    [Platform("Linux")]
    public void EndCleanlyByCtrlC()
    {
        using var ranks = new LaunchedRanks(2, Long);
        ranks.WaitForServer();
        ranks.Interrupt();
        Assert.That(ranks.Results(), Is.EqualTo([new Tool.Result(130, "", ""), new(130, "", "")]));
    }
}
