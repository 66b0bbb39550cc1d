using System.Text.Json;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;

namespace Fusion.Cli.Tests.Running;

/// <summary><c>fusion bench allreduce</c> under <c>fusion run</c>.</summary>
public sealed class BenchesInProcesses : FolderOfATest
{
    private static readonly string ToolPath = Path.Combine(AppContext.BaseDirectory, "fusion.dll");

    [Test]
    [Platform("Linux")]
    public void MeasureTogetherAndTheFirstPrints()
    {
        var csv = Path.Combine(Folder, "rows.csv");
        var run = Tool.RunWith(
            new Dictionary<string, string?> { ["FUSION_DRIVER"] = "emulator:2" },
            [.. "run --ranks 2 -- dotnet exec".Split(' '), ToolPath, .. "bench allreduce --hidden 64 --tokens 1,4 --epilogue none --iterations 2 --repeats 3 --json --csv".Split(' '), csv]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var lines = run.Lines.Where(line => line.Length > 0).ToArray();
        Assert.That(lines, Has.All.StartsWith("[0] "));
        var rows = JsonDocument.Parse(string.Concat(lines.Select(line => line["[0] ".Length..]))).RootElement.EnumerateArray().ToArray();
        Assert.That(rows.Select(row => (row.GetProperty("ranks").GetInt32(), row.GetProperty("tokens").GetInt32(), row.GetProperty("isInProcesses").GetBoolean())),
            Is.EqualTo(new[] { (2, 1, true), (2, 4, true) }));
        Assert.That(BenchCsv.Read(csv).Select(row => (row.Tokens, row.Topology, row.Launch, row.IsInProcesses, row.LeastMicroseconds > 0)),
            Is.EqualTo(new[] { (1, "gpus", "graph in processes", true, true), (4, "gpus", "graph in processes", true, true) }));
    }

    [TestCase("--gpus 0,1 --hidden 64 --tokens 1", "Option '--gpus' is for ranks that are all in one process, but this process is rank 1 of a launcher (FUSION_RANK)")]
    [TestCase("--ranks 2 --hidden 64 --tokens 1", "Option '--ranks' is for ranks that are all in one process")]
    [TestCase("--plot plot.svg --from rows.csv", "Option '--from' measures nothing, but this process is rank 1")]
    [TestCase("--nccl auto --nccl-window --hidden 64 --tokens 1", "Option '--nccl-window' needs all ranks in one process, but a launcher started a process for each of 2")]
    [TestCase("--hidden 64", "Option '--tokens' is required.")]
    public void RefuseWhatIsOfOneProcess(string options, string words) => Refuse(options, words);

    [Test]
    public void RefuseRanksOnTheCpu() => Refuse(
        "--hidden 64 --tokens 1", "The launcher puts rank 1 on the CPU (FUSION_DEVICE), but this bench measures GPUs", ("FUSION_DEVICE", "cpu"));

    /// <summary>A script of Slurm has its variables too, and may measure in one process.</summary>
    [Test]
    public void AreNoneWhereAShellHasVariablesOfALauncher()
    {
        Dictionary<string, string> shell = new() { ["SLURM_PROCID"] = "0", ["SLURM_NTASKS"] = "4", ["RANK"] = "0", ["WORLD_SIZE"] = "4" };
        Assert.That(new BenchPlaces(null, [0, 1], shell.GetValueOrDefault).IsInProcesses, Is.False);
        Assert.That(new BenchPlaces(2, null, shell.GetValueOrDefault).IsFirst, Is.True);
        Assert.That(() => new BenchPlaces(null, [], _ => null), Throws.TypeOf<UsageException>().With.Message.Contains("fusion run --ranks 2 -- fusion bench allreduce"));
        Dictionary<string, string> step = new()
        {
            ["SLURM_PROCID"] = "3",
            ["SLURM_STEP_NUM_TASKS"] = "4",
            ["SLURM_JOB_ID"] = "7",
            ["SLURM_STEP_ID"] = "0",
            ["SLURM_STEP_NUM_NODES"] = "1",
        };
        var places = new BenchPlaces(null, null, step.GetValueOrDefault);
        Assert.That((places.IsInProcesses, places.IsFirst), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task CountTheSlowestRankOfEachMeasurement()
    {
        double[][] own = [[1, 5, 2], [3, 4, 2.5], [2, 2, 2]];
        var address = RendezvousAddress.Unix($"@fusion-test-{Guid.NewGuid():n}");
        var calls = 0;
        await Task.WhenAll(Enumerable.Range(0, 3).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(new() { Rank = rank, WorldSize = 3, Address = address, Device = Rendezvous.OnCpu });
            var pace = new BenchPace(group);
            pace.Begin(() => Interlocked.Increment(ref calls));
            Assert.That(pace.Slowest(own[rank]), Is.EqualTo([3, 5, 2.5]));
        })));
        Assert.That(calls, Is.EqualTo(3));

        using var alone = RankGroup.OnCpu(2);
        new BenchPace(alone).Begin(() => Assert.Fail("Ranks of one process begin together by themselves."));
        Assert.That(new BenchPace(alone).Slowest([2, 1]), Is.EqualTo([2, 1]));
    }

    private static void Refuse(string options, string words, params (string Name, string Value)[] more)
    {
        var environment = new Dictionary<string, string?> { ["FUSION_RANK"] = "1", ["FUSION_WORLD_SIZE"] = "2", ["FUSION_RENDEZVOUS"] = "unix:@nobody" };
        foreach (var (name, value) in more) environment[name] = value;
        var run = Tool.RunWith(environment, ["bench", "allreduce", .. options.Split(' ')]);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), run.Errors);
        Assert.That(run.Errors, Does.Contain(words));
    }
}
