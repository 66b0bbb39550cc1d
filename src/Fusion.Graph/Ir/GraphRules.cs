namespace Fusion.Graph;

/// <summary>Checks that in a graph each value is defined once, before it is read.</summary>
internal static class GraphRules
{
    /// <exception cref="GraphException">The graph is not valid.</exception>
    public static void Check(TensorGraph graph)
    {
        var values = new Dictionary<string, GraphTensor>(StringComparer.Ordinal);
        foreach (var input in graph.Inputs) Define(values, input, "an input");
        foreach (var weight in graph.Weights)
        {
            Define(values, weight, "a weight");
            if (!weight.Type.Rows.IsPerToken) continue;
            throw GraphException.Definition(null, weight.Name,
                $"Weight %{weight.Name} is {weight.Type}; a weight is there before the tokens: its rows must be a number.");
        }

        var ops = new HashSet<string>(StringComparer.Ordinal);
        foreach (var op in graph.Ops)
        {
            if (!ops.Add(op.Name))
                throw GraphException.Definition(op.Name, null, $"Two ops have the name '{op.Name}'; name each differently.");
            foreach (var input in op.Inputs) ThrowUnlessDefined(values, input.Tensor, $"op '{op.Name}' ({op.Mnemonic}) reads", op.Name);
            OpRules.Check(op);
            foreach (var output in op.Outputs) Define(values, output.Tensor, $"op '{op.Name}' ({op.Mnemonic})", op.Name);
        }

        var outputs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in graph.Outputs)
        {
            if (!outputs.Add(output.Role))
            {
                throw GraphException.Definition(null, output.Tensor.Name,
                    $"Two outputs have the name '{output.Role}'; a run gives results by name, so name each differently.");
            }

            ThrowUnlessDefined(values, output.Tensor, $"output '{output.Role}' takes", null);
        }

        if (graph.Outputs.IsEmpty)
            throw GraphException.Definition(null, null, $"Graph '{graph.Name}' has no outputs; name what a run is to give.");
    }

    private static void Define(Dictionary<string, GraphTensor> values, GraphTensor value, string by, string? op = null)
    {
        if (values.TryAdd(value.Name, value)) return;
        throw GraphException.Definition(op, value.Name,
            $"%{value.Name} is defined a second time, by {by}; a value is defined once: give this one another name.");
    }

    private static void ThrowUnlessDefined(Dictionary<string, GraphTensor> values, GraphTensor value, string who, string? op)
    {
        if (values.TryGetValue(value.Name, out var there) && ReferenceEquals(there, value)) return;
        var problem = there is null ? "is not defined before it" : "is another value than the one that is defined by this name";
        throw GraphException.Definition(op, value.Name,
            $"{char.ToUpperInvariant(who[0])}{who[1..]} %{value.Name}, which {problem}; " +
            "define it first, as an input, a weight or the result of an op.");
    }
}
