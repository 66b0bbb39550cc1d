using Fusion.Cli.Benchmarks;
using Fusion.Cli.Plots;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Cli.Tests;

public sealed class PlotsOfBenchmarks : FolderOfATest
{
    private const string Gpu = "NVIDIA H100 80GB HBM3";
    private static readonly string Measured = Repository.PathOf("bench/results/allreduce-4xh100.csv");
    private static readonly string Peers = Repository.PathOf("bench/results/peers-4xh100.csv");

    private string Svg => Path.Combine(Folder, "plot.svg");

    [Test]
    public void SavedRowsArePlottedBesidePeersTheFloorAndTheChoiceWithoutAGpu()
    {
        var run = Tool.Run([.. "bench allreduce --ranks 4 --hidden 8192 --epilogue none,residual+rmsnorm+fp8 --arch sm_90 --from".Split(' '), Measured,
            "--peers", Peers, "--plot", Svg]);

        Assert.That((run.ExitCode, run.Output, run.Errors), Is.EqualTo((0, "", "")));
        var text = File.ReadAllText(Svg);
        foreach (var expected in new[]
        {
            "4 GPUs, sum, rows of 8192 bf16", "4 GPUs, residual+rmsnorm+fp8, rows of 8192 bf16", "floor of the link", "FlashInfer", "NCCL",
            "torch symmetric memory", "vLLM", "Fusion, one-shot", "Fusion, two-shot", "Fusion, as chosen", "64 KiB", "32 MiB", "µs a call",
        })
        {
            Assert.That(text, Does.Contain($"\t{expected}\n"));
        }

        Assert.That(text, Does.Contain("sans-serif").And.Not.Contain(", \""));
        Assert.That(new FileInfo(Svg).Length, Is.LessThan(150_000), "nothing is drawn twice");
    }

    [Test]
    public void ANameThatEndsInPngIsThatKindOfPicture()
    {
        var file = Path.Combine(Folder, "plot.png");
        var run = Tool.Run([.. "bench allreduce --ranks 2 --hidden 4096 --epilogue none --from".Split(' '), Measured, "--plot", file]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(File.ReadAllBytes(file)[..4], Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
    }

    [Test]
    public void WhatIsMeasuredForAPlotIsMeasuredByEachStrategy()
    {
        var csv = Path.Combine(Folder, "rows.csv");
        var run = Tool.RunWith(
            new Dictionary<string, string?> { ["FUSION_DRIVER"] = "emulator:2" },
            [.. "bench allreduce --gpus 0,1 --hidden 64 --tokens 1,4 --epilogue none --iterations 1 --repeats 1 --csv".Split(' '), csv, "--plot", Svg]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(BenchCsv.Read(csv).Select(row => (row.Tokens, row.Strategy)),
            Is.EqualTo(new[] { (1, "one-shot"), (1, "two-shot"), (4, "one-shot"), (4, "two-shot") }));
        Assert.That(File.ReadAllText(Svg), Does.Contain("\tFusion, as chosen\n").And.Contain("\t512 B\n").And.Not.Contain("floor of the link"));
    }

    [TestCase("--plot plot.pdf --from {rows}", "'plot.pdf' is no kind of picture")]
    [TestCase("--from {rows}", "Option '--from' is for a plot")]
    [TestCase("--peers {peers} --gpus 0,1 --hidden 64 --tokens 1", "Option '--peers' is for a plot")]
    [TestCase("--plot {svg} --from {rows} --floor fast", "'fast' is no floor of a link")]
    [TestCase("--plot {svg} --from {rows} --floor 355,-1", "'355,-1' is no floor of a link")]
    [TestCase("--plot {svg} --from {rows}", "kinds of calls, and a plot has room for 4. Choose by --ranks, --hidden and --epilogue.")]
    [TestCase("--plot {svg} --from {rows} --ranks 7", "There are no rows to plot")]
    [TestCase("--plot {svg} --from {rows} --ranks 3 --hidden 8192 --peers {rows}", "is no row; expected impl,strategy,ranks")]
    [TestCase("--plot {svg} --gpus 0,1 --hidden 64 --tokens 1 --arch sm_90", "Option '--arch' is for --from")]
    [TestCase("--gpus 0,1 --tokens 1", "Option '--hidden' is required.")]
    public void WhatMakesNoSenseIsRefused(string options, string words)
    {
        string[] arguments = [.. options.Split(' ').Select(word => word switch { "{rows}" => Measured, "{peers}" => Peers, "{svg}" => Svg, _ => word })];
        var run = Tool.Run(["bench", "allreduce", .. arguments]);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), run.Errors);
        Assert.That(run.Errors, Does.Contain(words));
    }

    [Test]
    public void ThePolicyChoosesNotTheTimeAndAProjectCountsByItsFastestWay()
    {
        // 64 KiB and 4 MiB on 4 GPUs: below and above the limit of one-shot, 192 KiB.
        BenchRow[] rows = [Row(4, "one-shot", 5), Row(4, "two-shot", 4), Row(256, "one-shot", 50), Row(256, "two-shot", 25)];
        PeerRow[] peers = [Peer("NCCL", 4, 12), Peer("NCCL", 4, 10), Peer("NCCL", 256, 40), new("vLLM", 2, 8192, 4, "none", 3)];

        var column = PlotColumn.Of(rows, peers, null, new(9, 0)).Single();

        Assert.That(column.Lines.Select(line => line.Name), Is.EqualTo(["floor of the link", "NCCL", "Fusion, one-shot", "Fusion, two-shot", "Fusion, as chosen"]));
        Assert.That(column.Lines[^1].Points, Is.EqualTo(new PlotPoint[] { new(65536, 5), new(4 << 20, 25) }));
        Assert.That(column.Lines[1].Points, Is.EqualTo(new PlotPoint[] { new(65536, 10), new(4 << 20, 40) }));
        // 1.5 × 4 MiB at 355 GB/s.
        Assert.That(column.Lines[0].Points[^1].Microseconds, Is.EqualTo(17.72).Within(0.01));
        Assert.That(column.Lines[0].Points[0].Microseconds, Is.EqualTo(1.38));
        Assert.That(column.Lines[^1].Points[1].GigabytesPerSecond(4), Is.EqualTo(251.66).Within(0.01));
    }

    [Test]
    public void RowsOfPeersScriptsAreReadInOurWords()
    {
        var rows = PeerRow.Read(Peers);

        Assert.That(rows.Select(row => row.Project).Distinct(), Is.EquivalentTo(["FlashInfer", "NCCL", "torch symmetric memory", "vLLM"]));
        Assert.That(rows.Select(row => row.Epilogue).Distinct(),
            Is.EquivalentTo(["none", "residual+rmsnorm", "residual+rmsnorm+fp8", "residual+rmsnorm+fp8-token"]));
        Assert.That(rows[0], Is.EqualTo(new PeerRow("FlashInfer", 2, 4096, 1, "none", 3.117)));
    }

    [Test]
    public void AFloorIsNeverFasterThanItsLaunchNorThanItsLink([Values(2, 3, 8, 16)] int ranks, [Values(1, 100_000, 1 << 20, 1 << 30)] int bytes)
    {
        var floor = new LinkFloor(355, 1.38);
        var time = floor.Of(bytes, ranks);
        var rate = new PlotPoint(bytes, time).GigabytesPerSecond(ranks);
        Assert.That((time, rate), Is.EqualTo((Math.Max(time, 1.38), Math.Min(rate, 355 + 1e-9))));
        Assert.That(time - 1.38 < 1e-9 || 355 - rate < 1e-9, "one of the two is the reason");
    }

    private static BenchRow Row(int tokens, string strategy, double time) =>
        new(Gpu, 4, "gpus", 8192, tokens, "bf16", "none", strategy, "graph", time, time, time);

    private static PeerRow Peer(string project, int tokens, double time) => new(project, 4, 8192, tokens, "none", time);
}
