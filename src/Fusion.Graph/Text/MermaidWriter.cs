using System.Globalization;
using System.Text;

namespace Fusion.Graph;

/// <summary>Writes graphs as Mermaid flow charts.</summary>
public static class MermaidWriter
{
    /// <summary>Writes a graph as a flow chart, with a node for each op, input and output and an arrow for each value that
    /// is read. Weights are left out.</summary>
    /// <param name="graph">The graph.</param>
    public static string ToMermaid(this TensorGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var text = new StringBuilder("flowchart TD\n");
        var nodes = new Dictionary<GraphTensor, string>();
        for (var i = 0; i < graph.Inputs.Length; i++)
        {
            nodes[graph.Inputs[i]] = Text($"i{i}");
            Line($"  i{i}([\"{Quoted(graph.Inputs[i].Name)}\"])");
        }

        for (var i = 0; i < graph.Ops.Length; i++)
        {
            var op = graph.Ops[i];
            Line($"  op{i}[\"{Quoted(op.Mnemonic)}<br/>{Quoted(op.Name)}\"]");
            if (!op.FusedFrom.IsEmpty) Line($"  style op{i} stroke-width:3px");
            foreach (var input in op.Inputs)
            {
                if (nodes.TryGetValue(input.Tensor, out var maker))
                    Line($"  {maker} -->|\"{Quoted(input.Role)}: {Quoted(input.Tensor.Type.ToString())}\"| op{i}");
            }

            foreach (var output in op.Outputs) nodes[output.Tensor] = Text($"op{i}");
        }

        for (var i = 0; i < graph.Outputs.Length; i++)
        {
            Line($"  o{i}([\"{Quoted(graph.Outputs[i].Role)}\"])");
            if (nodes.TryGetValue(graph.Outputs[i].Tensor, out var maker)) Line($"  {maker} --> o{i}");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
