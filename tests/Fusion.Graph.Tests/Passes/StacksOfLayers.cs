using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Passes;

/// <summary>The patterns that this began with: with and without residual; alone, with static FP8, with NVFP4.</summary>
public sealed class StacksOfLayers
{
    private static readonly QuantizationKind[] Quantizations =
        [QuantizationKind.None, QuantizationKind.StaticFp8, QuantizationKind.NvFp4];

    [Test]
    public void OfFourHaveTwoMatchesALayerOfWhichTheFirstHasNoResidual(
        [ValueSource(nameof(Quantizations))] QuantizationKind quant, [Values] bool withNoOps)
    {
        var report = GraphRuns.MustBeEqual(Layers.Build(4, quant, withNoOps: withNoOps));

        var fused = report.After.Ops.OfType<RowOp>().ToArray();
        Assert.That(report.CountOf("all-reduce"), Is.EqualTo(8));
        Assert.That(fused, Has.Length.EqualTo(8), "nothing is left beside them");
        Assert.That(fused[0].Residual, Is.Null);
        Assert.That(fused[1..], Has.All.Matches<RowOp>(op => op is { Residual: not null }));
        Assert.That(fused, Has.All.Matches<RowOp>(op => op is { Group: "tp", Norm: not null } && op.Quant?.Kind == Given(quant)));
        Assert.That(report.NearMisses, Is.Empty);
    }

    [Test]
    public void HaveAllMatchesWithAResidualIfTheModelBringsOne([ValueSource(nameof(Quantizations))] QuantizationKind quant)
    {
        var report = GraphRuns.MustBeEqual(Layers.Build(4, quant, firstHasResidual: true));

        Assert.That(report.CountOf("all-reduce"), Is.EqualTo(8));
        Assert.That(report.After.Ops.OfType<RowOp>(), Has.All.Matches<RowOp>(op => op is { Residual: not null }));
    }

    [Test]
    public void LoseMatchesWithoutNoOpEliminationAndTheWarningSaysWhy(
        [ValueSource(nameof(Quantizations))] QuantizationKind quant)
    {
        var config = new FusionPassConfig { NoOpElimination = false };
        var report = GraphRuns.MustBeEqual(Layers.Build(4, quant), config: config);

        Assert.That(report.CountOf("all-reduce"), Is.EqualTo(4), "those of attention, which have no view behind them");
        var warnings = report.Warnings.ToArray();
        Assert.That(warnings.Select(warning => warning.First),
            Is.EqualTo(Enumerable.Range(0, 4).Select(layer => $"layers.{layer}.mlp_sum")));
        Assert.That(warnings[0].Between, Is.EqualTo(new[] { "layers.0.mlp_view" }));
        Assert.That(warnings[0].Message, Does.StartWith("FUSION5005: all_reduce 'layers.0.mlp_sum'")
            .And.Contain("view 'layers.0.mlp_view'").And.Contain("noOpElimination"));
        Assert.That(report.ToText(), Does.Contain("4 of 8 all-reduces fused").And.Contain("warning: FUSION5005"));
    }

    [Test]
    public void ArePlannedByALimitForAGpuWhereTheReportIsForThatGpu()
    {
        var config = new FusionPassConfig { Policy = AllReducePolicy.Default.With(new() { Gpu = "NVIDIA H200", OneShotUpTo = 0, Source = "tuned there" }) };
        var report = Layers.Build(1, QuantizationKind.None).Fuse(config);

        Assert.That(report.ToText(new() { Gpu = "NVIDIA H200" }), Does.Contain("two-shot").And.Contain("tuned there"));
        Assert.That(report.ToText(), Does.Contain("one-shot").And.Not.Contain("tuned there"));
    }

    [Test]
    public void AreFusedByTheAllReducePassAloneToo([ValueSource(nameof(Quantizations))] QuantizationKind quant)
    {
        var config = FusionPassConfig.Off with { AllReduceFusion = true };
        var report = GraphRuns.MustBeEqual(Layers.Build(4, quant, withNoOps: false), config: config);

        Assert.That(report.CountOf("all-reduce"), Is.EqualTo(8));
        Assert.That(report.After.Ops.OfType<RowOp>().Count(), Is.EqualTo(8));
    }

    [Test]
    public void WithoutTheAllReducePassHaveNoFusedAllReduce()
    {
        var report = GraphRuns.MustBeEqual(
            Layers.Build(4, QuantizationKind.StaticFp8), config: new() { AllReduceFusion = false });

        Assert.That(report.After.FusedAllReduces, Is.Zero);
        Assert.That(report.CountOf("add + norm"), Is.EqualTo(7));
        Assert.That(report.CountOf("norm + quantization"), Is.EqualTo(8));
    }

    [Test]
    public void KeepTheResidualWhereTheSumIsTheNextResidual()
    {
        var first = (RowOp)Layers.Build(1, QuantizationKind.StaticFp8).Fuse().After.Ops[0];

        Assert.That(first.AllReduceOut?.Name, Is.EqualTo("layers.0.attention_sum"));
        Assert.That((first.ResidualOut, first.NormOut), Is.EqualTo(((GraphTensor?)null, (GraphTensor?)null)));
    }

    private static QuantizationKind? Given(QuantizationKind quant) => quant == QuantizationKind.None ? null : quant;
}
