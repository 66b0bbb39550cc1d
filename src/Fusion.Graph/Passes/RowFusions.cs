namespace Fusion.Graph;

/// <summary>Fuses residual add and norm.</summary>
internal static class AddNormFusion
{
    public const string Name = "add + norm";

    public static bool IsPair(RowOp first, RowOp then) =>
        first.Steps == RowSteps.Add && StepMerge.First(then) == RowSteps.Norm;

    public static PassResult Run(TensorGraph graph) => RowFusions.Pairs(graph, Name, IsPair);
}

/// <summary>Fuses norm and quantization.</summary>
internal static class NormQuantFusion
{
    public const string Name = "norm + quantization";

    public static bool IsPair(RowOp first, RowOp then) =>
        StepMerge.Last(first) == RowSteps.Norm && then.Steps == RowSteps.Quant;

    public static PassResult Run(TensorGraph graph) => RowFusions.Pairs(graph, Name, IsPair);
}

/// <summary>Fuses an all-reduce and all steps that follow it, whether the passes before it ran or not.</summary>
internal static class AllReduceFusion
{
    public const string Name = "all-reduce";

    public static PassResult Run(TensorGraph graph)
    {
        var editor = new GraphEditor(graph);
        var count = 0;
        // An array, because fused ops move in the graph.
        foreach (var start in editor.Nodes.Where(node => node.Op is RowOp { Group: not null }).ToArray())
        {
            var node = start;
            while (StepMerge.TryExtend(editor, node, Name, _ => true) is { } longer) node = longer;
            if (node != start) count++;
        }

        return new(Name, count == 0 ? graph : editor.ToGraph(), count);
    }
}

/// <summary>Fuses pairs of row ops.</summary>
internal static class RowFusions
{
    public static PassResult Pairs(TensorGraph graph, string pass, Func<RowOp, RowOp, bool> isPair)
    {
        var editor = new GraphEditor(graph);
        var count = 0;
        foreach (var node in editor.Nodes.Where(node => node.Op is RowOp).ToArray())
        {
            var first = (RowOp)node.Op;
            if (StepMerge.TryExtend(editor, node, pass, then => isPair(first, then)) is not null) count++;
        }

        return new(pass, count == 0 ? graph : editor.ToGraph(), count);
    }
}
