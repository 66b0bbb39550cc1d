namespace Fusion.Graph;

/// <summary>Finds how long values live, and which are views of others.</summary>
internal static class TensorLives
{
    /// <summary>Gets the offset of an op's result in the memory of its input, in bytes, if the result is a view; null if it
    /// must be computed.</summary>
    public static long? ViewOffset(GraphOp op) => op switch
    {
        ViewOp => 0,
        CastOp cast when cast.Input.Type == cast.Output.Type => 0,
        SliceOp slice when slice.Input.Type == slice.Output.Type => 0,
        SliceOp slice when slice.Input.Type.Columns == slice.Output.Type.Columns && RowsBefore(slice) % 16 == 0 =>
            RowsBefore(slice),
        _ => null,
    };

    /// <summary>Finds the index of the op that reads each value last, directly or through a view; <see cref="int.MaxValue"/>
    /// for an output of the graph.</summary>
    /// <param name="graph">The graph.</param>
    public static Dictionary<GraphTensor, int> LastReads(TensorGraph graph)
    {
        var last = new Dictionary<GraphTensor, int>();
        foreach (var output in graph.Outputs) last[output.Tensor] = int.MaxValue;
        for (var step = graph.Ops.Length - 1; step >= 0; step--)
        {
            var op = graph.Ops[step];
            // An op that does the matmul ahead of it reads that one's inputs while it writes its own results.
            var own = MatmulPairs.Behind(graph, step) is null ? step : step + 1;
            var until = ViewOffset(op) is null ? own
                : op.Outputs.Max(output => last.GetValueOrDefault(output.Tensor, step));
            foreach (var input in op.Inputs) last[input.Tensor] = Math.Max(last.GetValueOrDefault(input.Tensor, -1), until);
        }

        return last;
    }

    private static long RowsBefore(SliceOp slice) =>
        (slice.Input.Type with { Rows = RowCount.Of(1) }).Bytes(1) * slice.FirstRow;
}
