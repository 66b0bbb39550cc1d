namespace Fusion.Graph;

/// <summary>Finds matmuls that a custom op behind them can do together with its own work.</summary>
internal static class MatmulPairs
{
    /// <summary>Gets the custom op behind a matmul, if it can do both, nobody else reads what the matmul makes, and the matmul's weight is one of
    /// the graph's, which kernels may read ahead; null otherwise.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="step">Index of an op.</param>
    public static CustomCall? Behind(TensorGraph graph, int step)
    {
        if (step + 1 >= graph.Ops.Length || graph.Ops[step] is not MatmulOp matmul) return null;
        if (!graph.Weights.Contains(matmul.Weight)) return null;
        if (graph.Ops[step + 1] is not CustomCall { Op.LaunchWithMatmul: not null } call || !Reads(call, matmul.Output)) return null;
        var isReadElsewhere = graph.Outputs.Any(output => output.Tensor == matmul.Output) ||
            graph.Ops.Any(op => op != call && Reads(op, matmul.Output));
        return isReadElsewhere ? null : call;
    }

    private static bool Reads(GraphOp op, GraphTensor tensor) => op.Inputs.Any(input => input.Tensor == tensor);
}
