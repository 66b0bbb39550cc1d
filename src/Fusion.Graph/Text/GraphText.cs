using System.Globalization;
using System.Text;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Writes graphs as text for people.</summary>
public static class GraphText
{
    /// <summary>Writes a graph as text, with one line for each input, weight, op and output.</summary>
    /// <param name="graph">The graph.</param>
    public static string ToText(this TensorGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var text = new StringBuilder();
        text.Append("graph ").Append(graph.Name).Append('\n');
        foreach (var input in graph.Inputs) text.Append("  input  ").Append(input).Append('\n');
        foreach (var weight in graph.Weights) text.Append("  weight ").Append(weight).Append('\n');
        foreach (var op in graph.Ops) text.Append("  ").Append(Line(op)).Append('\n');
        foreach (var output in graph.Outputs)
            text.Append("  output ").Append(output.Role).Append(" = %").Append(output.Tensor.Name).Append('\n');
        return text.ToString();
    }

    /// <summary>Writes an op as a line: results, kind, inputs and details.</summary>
    internal static string Line(GraphOp op)
    {
        var results = string.Join(", ", op.Outputs.Select(output => output.Tensor));
        var reads = string.Join(", ", op.Inputs.Select(input =>
            input.Role == Roles.Input ? $"%{input.Tensor.Name}" : $"{input.Role}: %{input.Tensor.Name}"));
        var details = string.Join(", ", Details(op));
        return $"{results} = {op.Mnemonic}({reads}){(details.Length > 0 ? $" {{{details}}}" : "")}";
    }

    /// <summary>Gets the details of an op: group, epsilon, weight bias, group size, first row and column.</summary>
    internal static IEnumerable<string> Details(GraphOp op)
    {
        if (op is SliceOp slice)
        {
            if (slice.FirstRow > 0) yield return Text($"first row {slice.FirstRow}");
            if (slice.FirstColumn > 0) yield return Text($"first column {slice.FirstColumn}");
        }

        if (op is not RowOp row) yield break;
        if (row.Group is { } group) yield return $"group {group}";
        if (row.Norm is { } norm)
        {
            yield return Text($"epsilon {norm.Epsilon}");
            if (norm.WeightBias != 0) yield return Text($"weight bias {norm.WeightBias}");
        }

        if (row.Quant is not { } quant) yield break;
        if (CallWords.Of(quant.Kind) is { TakesGroup: true }) yield return Text($"groups of {quant.GroupSize}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
