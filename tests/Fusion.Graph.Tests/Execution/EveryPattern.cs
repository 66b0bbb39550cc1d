using Fusion.Graph.Tests.Support;

namespace Fusion.Graph.Tests.Execution;

public sealed class EveryPattern
{
    [TestCaseSource(typeof(Pattern), nameof(Pattern.All))]
    public void FusedGivesTheBitsOfUnfused(Pattern pattern)
    {
        var report = GraphRuns.MustBeEqual(pattern.Build());

        Assert.That(report.After.Ops, Has.Length.EqualTo(1), report.After.ToText);
        Assert.That(report.After.FusedAllReduces, Is.EqualTo(pattern.IsFusable ? 1 : 0));
        Assert.That(report.NearMisses, Is.Empty);
    }

    [TestCaseSource(typeof(Pattern), nameof(Pattern.All))]
    public void WhatNobodyReadsIsNotWritten(Pattern pattern)
    {
        var graph = pattern.Build();
        var op = (RowOp)graph.Fuse().After.Ops[0];

        var outputs = graph.Outputs.Select(output => output.Tensor.Name).ToHashSet();
        Assert.That(op.Outputs.Select(output => output.Tensor.Name).Where(name => !name.EndsWith(".scales", StringComparison.Ordinal)),
            Is.SubsetOf(outputs));
    }

    [TestCase(3)]
    [TestCase(8)]
    public void OnMoreRanksToo(int ranks)
    {
        foreach (var pattern in Pattern.All.Where((_, i) => i % 17 == 0)) GraphRuns.MustBeEqual(pattern.Build(), 5, ranks);
    }
}
