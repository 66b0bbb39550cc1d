namespace Fusion.Graph;

/// <summary>How long values live, and which are views of others.</summary>
internal static class TensorLives
{
    /// <summary>Where in memory an op's result already is, as a view of what it reads; null if it has to be made.</summary>
    public static long? ViewOffset(GraphOp op) => op switch
    {
        ViewOp => 0,
        CastOp cast when cast.Input.Type == cast.Output.Type => 0,
        SliceOp slice when slice.Input.Type == slice.Output.Type => 0,
        SliceOp slice when slice.Input.Type.Columns == slice.Output.Type.Columns && RowsBefore(slice) % 16 == 0 =>
            RowsBefore(slice),
        _ => null,
    };

    /// <summary>The op that reads each value last, directly or through a view of it; <see cref="int.MaxValue"/> for a result of
    /// the graph.</summary>
    /// <param name="graph">The graph.</param>
    public static Dictionary<GraphTensor, int> LastReads(TensorGraph graph)
    {
        var last = new Dictionary<GraphTensor, int>();
        foreach (var output in graph.Outputs) last[output.Tensor] = int.MaxValue;
        for (var step = graph.Ops.Length - 1; step >= 0; step--)
        {
            var op = graph.Ops[step];
            var until = ViewOffset(op) is null ? step
                : op.Outputs.Max(output => last.GetValueOrDefault(output.Tensor, step));
            foreach (var input in op.Inputs) last[input.Tensor] = Math.Max(last.GetValueOrDefault(input.Tensor, -1), until);
        }

        return last;
    }

    private static long RowsBefore(SliceOp slice) =>
        (slice.Input.Type with { Rows = RowCount.Of(1) }).Bytes(1) * slice.FirstRow;
}
