using Fusion.Graph.Tests.Support;

namespace Fusion.Graph.Tests.Passes;

public sealed class RandomGraphsStayTheSame
{
    private static readonly FusionPassConfig[] Configs =
    [
        FusionPassConfig.Default,
        new() { NoOpElimination = false },
        new() { AddNormFusion = false, DeadCode = false },
        FusionPassConfig.Off with { AllReduceFusion = true },
        new() { AllReduceFusion = false },
    ];

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void FusedIsUnfusedBitForBit(int seed, byte size)
    {
        var graph = RandomGraphs.Build(seed, 2 + (size % 30));
        var config = Configs[(seed & int.MaxValue) % Configs.Length];
        var expected = GraphRuns.Run(graph, FusionPassConfig.Off, 3, 2, out _);
        var actual = GraphRuns.Run(graph, config, 3, 2, out var report);

        foreach (var (key, bytes) in expected)
            Assert.That(actual[key], Is.EqualTo(bytes), () => $"{key}\n{graph.ToText()}\n{report.After.ToText()}");
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public void EachPassIsIdempotentAndLeavesItsArgumentAlone(int seed, byte size)
    {
        var graph = RandomGraphs.Build(seed, 2 + (size % 60));
        var text = graph.ToText();
        foreach (var pass in FusionPasses.Names)
        {
            var once = graph.RunPass(pass);
            var twice = once.Graph.RunPass(pass);
            Assert.That(twice.Count, Is.Zero, () => $"{pass}\n{text}\n{once.Graph.ToText()}\n{twice.Graph.ToText()}");
            Assert.That(twice.Graph.ToText(), Is.EqualTo(once.Graph.ToText()));
            Assert.That(once.Count == 0, Is.EqualTo(once.Graph.ToText() == text), pass);
        }

        Assert.That(graph.ToText(), Is.EqualTo(text));
    }

    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void AllPassesTogetherAreIdempotent(int seed, byte size)
    {
        var after = RandomGraphs.Build(seed, 2 + (size % 60)).Fuse().After;
        var again = after.Fuse();
        Assert.That(again.Passes.Sum(pass => pass.Count), Is.Zero, () => $"{after.ToText()}\n{again.After.ToText()}");
    }

    [Test]
    public void AndAreWorthTheTrouble()
    {
        var graphs = Enumerable.Range(0, 200).Select(seed => RandomGraphs.Build(seed, 30)).ToArray();
        var reports = graphs.Select(graph => graph.Fuse()).ToArray();

        Assert.That(reports.Sum(report => report.CountOf("all-reduce")), Is.GreaterThan(200));
        Assert.That(FusionPasses.Names.Select(name => reports.Sum(report => report.CountOf(name))), Has.All.GreaterThan(20));
        Assert.That(reports.SelectMany(report => report.NearMisses).Select(miss => miss.Kind).Distinct(),
            Is.SupersetOf(new[] { NearMissKind.Order, NearMissKind.SecondUse, NearMissKind.Cast }));
        Assert.That(graphs.Count(graph => graph.Groups.Count == 2), Is.GreaterThan(50));
    }
}
