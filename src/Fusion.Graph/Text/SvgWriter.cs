using System.Globalization;
using System.Text;

namespace Fusion.Graph;

/// <summary>Draws graphs as SVG pictures.</summary>
public static class SvgWriter
{
    private const double Margin = 24;
    private const double Title = 32;

    private const string Head = """
        <style>
          text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; }
          .title { font-size: 16px; font-weight: bold; }
          .first { font-weight: bold; }
          rect { stroke: #59636e; }
          .value { fill: #ffffff; } .op { fill: #eef1f4; } .allreduce { fill: #ffe3c2; }
          .fused { fill: #c8ecd0; stroke: #1a7f37; stroke-width: 2; }
          path { fill: none; stroke: #818b98; }
        </style>
        <rect width="100%" height="100%" fill="#ffffff" style="stroke: none"/>

        """;

    /// <summary>Draws graphs side by side.</summary>
    /// <param name="graphs">Graphs, each with its title.</param>
    /// <returns>An SVG document.</returns>
    public static string Draw(params IReadOnlyList<(string Title, TensorGraph Graph)> graphs)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        var layouts = graphs.Select(graph => (graph.Title, Layout: LayOut(graph.Graph))).ToArray();
        var width = layouts.Sum(layout => layout.Layout.Width + (2 * Margin));
        var height = layouts.Max(layout => layout.Layout.Height) + (2 * Margin) + Title;
        var svg = new StringBuilder();
        Part($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:0}\" height=\"{height:0}\" ");
        Line($"viewBox=\"0 0 {width:0} {height:0}\">");
        svg.Append(Head);
        var x = Margin;
        foreach (var (title, layout) in layouts)
        {
            Line($"<g transform=\"translate({x:0.#} {Margin + Title:0.#})\">");
            Line($"<text class=\"title\" x=\"0\" y=\"-16\">{Escaped(title)}</text>");
            foreach (var box in layout.Boxes) Arrows(box);
            foreach (var box in layout.Boxes) Draw(box);
            Line($"</g>");
            x += layout.Width + (2 * Margin);
        }

        Line($"</svg>");
        return svg.ToString();

        void Arrows(Box box)
        {
            foreach (var above in box.Above)
            {
                var (top, bottom) = (above.Y + above.Height, box.Y);
                var bend = (bottom - top) / 2;
                var (from, to) = (above.Middle, box.Middle);
                Part($"<path d=\"M {from:0.#} {top:0.#} C {from:0.#} {top + bend:0.#} ");
                Line($"{to:0.#} {bottom - bend:0.#} {to:0.#} {bottom:0.#}\"/>");
            }
        }

        void Draw(Box box)
        {
            var kind = box.Kind.ToString().ToLowerInvariant();
            var round = box.Kind == BoxKind.Value ? 12 : 4;
            Part($"<rect class=\"{kind}\" x=\"{box.X:0.#}\" y=\"{box.Y:0.#}\" ");
            Line($"width=\"{box.Width:0.#}\" height=\"{box.Height:0.#}\" rx=\"{round}\"/>");
            for (var i = 0; i < box.Lines.Count; i++)
                Line($"<text{(i == 0 ? " class=\"first\"" : "")} x=\"{box.X + 10:0.#}\" y=\"{box.Baseline(i):0.#}\">{Escaped(box.Lines[i])}</text>");
        }

        void Part(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static LayeredLayout LayOut(TensorGraph graph)
    {
        var layout = new LayeredLayout();
        var makers = new Dictionary<GraphTensor, Box>();
        foreach (var input in graph.Inputs) makers[input] = layout.Add([input.Name, input.Type.ToString()], BoxKind.Value, []);
        foreach (var op in graph.Ops)
        {
            string[] lines = [op.Mnemonic, op.Name, .. GraphText.Details(op)];
            var box = layout.Add(lines, KindOf(op), From(op.Inputs));
            foreach (var output in op.Outputs) makers[output.Tensor] = box;
        }

        foreach (var output in graph.Outputs)
            layout.Add([output.Role, output.Tensor.Type.ToString()], BoxKind.Value, From([output]));
        layout.Place();
        return layout;

        IEnumerable<Box> From(IEnumerable<GraphOperand> operands) =>
            operands.Select(operand => makers.GetValueOrDefault(operand.Tensor)).OfType<Box>();
    }

    private static BoxKind KindOf(GraphOp op) => op switch
    {
        { FusedFrom.IsEmpty: false } => BoxKind.Fused,
        RowOp { Group: not null } or CollectiveOp => BoxKind.AllReduce,
        _ => BoxKind.Op,
    };

    private static string Escaped(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
}
