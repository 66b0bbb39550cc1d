using Fusion.Cli.Tests.Infrastructure;
using Fusion.Cli.Tuning;
using Fusion.Runtime;

namespace Fusion.Cli.Tests;

/// <summary><c>fusion tune</c> on emulated GPUs, whose times mean nothing.</summary>
public sealed class TuningsOfThisMachine : FolderOfATest
{
    private const string Small = "tune --hidden 64 --tokens 1,4 --iterations 1 --repeats 1";
    private const string Emulated = "Emulated GPU 9.0";
    private const string H100 = "NVIDIA H100 80GB HBM3";

    [Test]
    public void LimitsOfEachNumberOfGpusAreWrittenAndFoundByPlanAndDoctor()
    {
        var before = Run(3, "plan --arch sm_90 --world-size 3 --hidden 64 --tokens 4 --policy tuned");
        Assert.That(before.Output, Does.Contain($"measured on H100s joined by NVLink; {Folder} has no limits tuned for {Emulated})"), before.Errors);

        var tuned = Run(3, Small);
        Assert.That(tuned.ExitCode, Is.Zero, tuned.Errors);
        Assert.That(tuned.Output, Does.Contain("2 ranks: done and written").And.Contain("3 ranks: done and written").And.Contain($"Policy: {FileOf("gpus")}"));
        Assert.That(AllReducePolicy.Load(FileOf("gpus")).Rows.Select(row => (row.Gpu, row.Architecture, row.Topology, row.WorldSize, row.TwoShotUpTo)),
            Is.EqualTo(new[] { 2, 3 }.Select(ranks => (Emulated, "sm_90", GroupTopology.Gpus, ranks, 128L << 20))));
        Assert.That(Directory.GetFiles(Folder), Has.Length.EqualTo(1), "nothing unfinished is left");

        var after = Run(3, "plan --arch sm_90 --world-size 3 --hidden 64 --tokens 4 --policy tuned");
        Assert.That(after.Output, Does.Match($@"tuned by 4 calls on \d{{4}}-\d\d-\d\d, driver for CUDA 13\.0, in {FileOf("gpus")}\)"), after.Errors);
        Assert.That(Run(3, "doctor").Output, Does.Match($@"{Emulated} +2, 3 +{FileOf("gpus")}"));
    }

    [Test]
    public void OneGpuIsMeasuredWithSeveralRanksOnItAndLimitsOfOtherNumbersStay()
    {
        var kept = new AllReducePolicyRow { Gpu = Emulated, Topology = GroupTopology.Loopback, WorldSize = 5, OneShotUpTo = 77, Source = "by hand" };
        AllReducePolicy.Default.With(kept).Save(FileOf("loopback"));

        var tuned = Run(1, Small);

        Assert.That(tuned.ExitCode, Is.Zero, tuned.Errors);
        var rows = AllReducePolicy.Load(FileOf("loopback")).Rows;
        Assert.That(rows.Select(row => row.WorldSize), Is.EqualTo([5, 2, 4, 8]));
        Assert.That(rows[0], Is.EqualTo(kept));
    }

    [Test]
    public void ABrokenFileIsAnErrorBeforeAnythingIsMeasured()
    {
        File.WriteAllText(FileOf("gpus"), "{");

        var tuned = Run(2, Small);
        Assert.That((tuned.ExitCode, tuned.Output), Is.EqualTo((1, "")));
        Assert.That(tuned.Errors, Does.StartWith("FUSION3003: ").And.Contain(FileOf("gpus")));
        var planned = Run(2, "plan --arch sm_90 --world-size 2 --hidden 64 --tokens 4 --policy tuned");
        Assert.That((planned.ExitCode, planned.Errors), Is.EqualTo((2, planned.Errors)));
        Assert.That(planned.Errors, Does.StartWith("FUSION3003: "));
        var examined = Run(2, "doctor");
        Assert.That(examined.ExitCode, Is.EqualTo(1));
        Assert.That(examined.Output, Does.Contain("- FUSION3003: ").And.Contain("delete it and measure again: fusion tune."));
    }

    [Test]
    public void AnotherFileTakesAllLimitsAndTheFolderNone()
    {
        var file = Path.Combine(Folder, "elsewhere", "policy.json");

        var tuned = Run(2, [.. Small.Split(' '), "--out", file]);

        Assert.That(tuned.ExitCode, Is.Zero, tuned.Errors);
        Assert.That(AllReducePolicy.Load(file).Rows, Has.Count.EqualTo(1));
        Assert.That(Directory.GetFiles(Folder), Is.Empty);
    }

    [TestCase("tune rows.csv", "Option '--arch' is required")]
    [TestCase("tune --arch sm_90", "Option '--arch' is for files of rows")]
    [TestCase("tune rows.csv --arch sm_90 --repeats 3", "Option '--repeats' is for measuring, but rows are given")]
    [TestCase("plan --arch sm_80 --world-size 2 --hidden 64 --tokens 4 --policy tuned", "no GPU of sm_80 whose tuned limits")]
    public void WhatMakesNoSenseIsRefused(string line, string words)
    {
        var run = Run(2, line);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain(words));
    }

    [Test]
    public void AGpuThatIsElsewhereIsPlannedForByItsName()
    {
        var row = new AllReducePolicyRow { Gpu = H100, Topology = GroupTopology.Gpus, WorldSize = 4, OneShotUpTo = 1024 };
        AllReducePolicy.Default.With(row).Save(Path.Combine(Folder, "nvidia-h100-80gb-hbm3.gpus.json"));

        var run = Run(1, [.. "plan --arch sm_90 --world-size 4 --hidden 64 --tokens 16 --policy tuned --gpu".Split(' '), H100]);

        Assert.That(run.Output, Does.Contain("more than one-shot's limit of 1,024; two-shot's only limit"), run.Errors);
    }

    [Test]
    public void GpusOfTwoKindsAreMeasuredApart()
    {
        var groups = TuneGroup.Of([(0, H100, new(9, 0)), (1, "NVIDIA L4", new(8, 9)), (2, H100, new(9, 0)), (3, H100, new(9, 0))]);

        Assert.That(groups.Where(group => group.Gpu == H100).Select(group => (group.Topology, string.Join(',', group.Gpus))),
            Is.EqualTo(new[] { (GroupTopology.Gpus, "0,2"), (GroupTopology.Gpus, "0,2,3") }));
        Assert.That(groups.Where(group => group.Gpu != H100).Select(group => (group.Topology, string.Join(',', group.Gpus))),
            Is.EqualTo(new[] { (GroupTopology.Loopback, "1,1"), (GroupTopology.Loopback, "1,1,1,1"), (GroupTopology.Loopback, "1,1,1,1,1,1,1,1") }));
    }

    [TestCase(4096, false)]
    [TestCase(8192, true)]
    [TestCase(12288, true)]
    public void SizesAroundEveryLimitAreMeasuredWithTheStrategiesOnBothSides(int hidden, bool hasLibrary)
    {
        var calls = new TuneSizes { Hidden = [hidden], HasLibrary = hasLibrary }.Calls();

        var sizes = calls.GroupBy(call => (long)call.Tokens * hidden * 2).ToList();
        Assert.That(sizes.Select(same => same.Key), Is.Ordered.And.Unique);
        foreach (var same in sizes)
            Assert.That(same.Select(call => call.Strategy).Distinct().Count(), Is.GreaterThan(1), $"{same.Key} bytes");
        // A limit is a measured size, so the next one may not be far.
        Assert.That(sizes.Zip(sizes.Skip(1)).Where(pair => pair.First.Key > 6 * hidden).Select(pair => (double)pair.Second.Key / pair.First.Key), Has.All.LessThanOrEqualTo(2.01));
        Assert.That(calls.Any(call => call.Strategy == AllReduceStrategy.Separate), Is.EqualTo(hasLibrary));
        Assert.That(calls.Select(call => call.Strategy), Has.None.EqualTo(AllReduceStrategy.TwoLevel), "ranks of one machine have one level");
        Assert.That(calls.Where(call => call.Strategy == AllReduceStrategy.OneShot).Max(call => (long)call.Tokens * hidden * 2), Is.GreaterThanOrEqualTo(32L << 20));
    }

    private string FileOf(string topology) => Path.Combine(Folder, $"emulated-gpu-9-0.{topology}.json");

    private Tool Run(int gpus, string line) => Run(gpus, line.Split(' '));

    private Tool Run(int gpus, params string[] arguments) => Tool.RunWith(
        new Dictionary<string, string?> { ["FUSION_DRIVER"] = $"emulator:{gpus}", ["FUSION_POLICY_PATH"] = Folder }, arguments);
}
