using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Removes ops that change nothing: views to the same shape, casts to the same type, slices of everything, views of
/// views, and casts to a wider type and back.</summary>
internal static class NoOpElimination
{
    public const string Name = "no-op elimination";

    public static PassResult Run(TensorGraph graph)
    {
        var editor = new GraphEditor(graph);
        var count = 0;
        foreach (var node in editor.Nodes)
        {
            if (node.Op is ViewOp view && editor.MakerOf(view.Input)?.Op is ViewOp before)
            {
                editor.Replace(node, view with { Input = before.Input });
                count++;
            }

            if (Unchanged(editor, node.Op) is not { } same) continue;
            editor.Substitute(node.Op.Outputs.First().Tensor, same);
            editor.Remove(node);
            count++;
        }

        return new(Name, count == 0 ? graph : editor.ToGraph(), count);
    }

    /// <summary>Gets the value that an op passes on unchanged; null if the op changes something.</summary>
    public static GraphTensor? Unchanged(GraphEditor editor, GraphOp op) => op switch
    {
        ViewOp view when view.Input.Type == view.Output.Type => view.Input,
        CastOp cast when cast.Input.Type == cast.Output.Type => cast.Input,
        SliceOp slice when slice.Input.Type == slice.Output.Type => slice.Input,
        // Every bf16 and f16 number is a float, so the round trip is exact.
        CastOp back when back.Input.Type.Elements == ElementType.Float32 &&
            editor.MakerOf(back.Input)?.Op is CastOp there && there.Input.Type == back.Output.Type => there.Input,
        _ => null,
    };
}
