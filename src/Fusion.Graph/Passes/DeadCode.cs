namespace Fusion.Graph;

/// <summary>Removes ops whose results nothing uses, and results and steps of row ops that nothing uses.</summary>
internal static class DeadCode
{
    public const string Name = "dead code";

    public static PassResult Run(TensorGraph graph)
    {
        var editor = new GraphEditor(graph);
        var count = 0;
        foreach (var node in editor.Backwards)
        {
            if (!node.Op.Outputs.Any(output => editor.IsUsed(output.Tensor)))
            {
                editor.Remove(node);
                count++;
            }
            else if (node.Op is RowOp row && Trim(row, editor) is var trimmed && trimmed != row)
            {
                editor.Replace(node, trimmed);
                count++;
            }
        }

        return new(Name, count == 0 ? graph : editor.ToGraph(), count);
    }

    private static RowOp Trim(RowOp op, GraphEditor editor)
    {
        if (op.Quant is not null && !IsUsed(op.QuantOut) && !IsUsed(op.ScaleOut))
            op = op with { Quant = null, Scale = null, QuantOut = null, ScaleOut = null };
        if (!IsUsed(op.NormOut)) op = op with { NormOut = null };
        if (op is { NormOut: null, Quant: null }) op = op with { Norm = null, Gamma = null, Beta = null };
        if (!IsUsed(op.ResidualOut)) op = op with { ResidualOut = null };
        if (op is { ResidualOut: null, Norm: null, Quant: null }) op = op with { Residual = null };
        return IsUsed(op.AllReduceOut) ? op : op with { AllReduceOut = null };

        bool IsUsed(GraphTensor? tensor) => tensor is not null && editor.IsUsed(tensor);
    }
}
