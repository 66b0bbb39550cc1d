using System.Numerics;

namespace Fusion.Graph;

/// <summary>Decides whether two row ops can be merged into one, and merges them.</summary>
/// <remarks>Every step rounds its result to the tensor's type whether it is written or not (docs/numbers.md), so the merged
/// op gives the bits of the two. Only the order of the ops has to be checked.</remarks>
internal static class StepMerge
{
    /// <summary>Gets the last step of an op.</summary>
    public static RowSteps Last(RowOp op) => (RowSteps)(1 << BitOperations.Log2((uint)op.Steps));

    /// <summary>Gets the first step of an op.</summary>
    public static RowSteps First(RowOp op) => (RowSteps)((uint)op.Steps & (~(uint)op.Steps + 1));

    /// <summary>Gets the value by which the second op continues where the first one ends; null if it does not.</summary>
    public static GraphTensor? Link(RowOp first, RowOp then) =>
        first.ResultOf(Last(first)) is { } result && IsLater(first, then) &&
        (ReferenceEquals(then.Input, result) || ReferenceEquals(then.Residual, result)) ? result : null;

    /// <summary>Tells whether all steps of the second op come after those of the first.</summary>
    public static bool IsLater(RowOp first, RowOp then) => then.Group is null && First(then) > Last(first);

    /// <summary>Describes why two ops with a link cannot be merged; null if they can.</summary>
    public static string? Obstacle(GraphEditor editor, GraphEditor.Node first, GraphEditor.Node then, GraphTensor link)
    {
        var dependents = editor.DependentsBetween(first, then);
        var linked = false;
        foreach (var input in then.Op.Inputs)
        {
            // Merging removes one read of the link; with a second one the op would depend on itself.
            if (ReferenceEquals(input.Tensor, link) && !linked)
            {
                linked = true;
                continue;
            }

            if (editor.MakerOf(input.Tensor) is not { } maker || (maker != first && !dependents.Contains(maker))) continue;
            return maker == first
                ? $"'{then.Op.Name}' also reads %{input.Tensor.Name} of '{first.Op.Name}' as its {input.Role}, which " +
                  "the one op would have to have before it is done; it matches if that is made by another op"
                : $"'{then.Op.Name}' reads %{input.Tensor.Name} as its {input.Role}, which depends on '{first.Op.Name}' by " +
                  $"way of '{maker.Op.Name}'; it matches if that is made without '{first.Op.Name}'";
        }

        return null;
    }

    /// <summary>Merges two ops into one. Results of the first one that other ops use stay results.</summary>
    public static GraphEditor.Node Merge(
        GraphEditor editor, GraphEditor.Node first, GraphEditor.Node then, GraphTensor link, string pass)
    {
        var (a, b) = ((RowOp)first.Op, (RowOp)then.Op);
        // a + b = b + a in every bit, so the link may be either operand of the add.
        var added = ReferenceEquals(b.Input, link) ? b.Residual : b.Input;
        var merged = a with
        {
            Residual = a.Residual ?? added,
            Norm = b.Norm ?? a.Norm,
            Gamma = b.Gamma ?? a.Gamma,
            Beta = b.Beta ?? a.Beta,
            Quant = b.Quant,
            Scale = b.Scale,
            AllReduceOut = IfUsed(a.AllReduceOut),
            ResidualOut = b.ResidualOut ?? IfUsed(a.ResidualOut),
            NormOut = b.NormOut ?? IfUsed(a.NormOut),
            QuantOut = b.QuantOut,
            ScaleOut = b.ScaleOut,
            FusedFrom = [.. a.FusedFrom, .. b.FusedFrom, new(pass, a.Name, b.Name)],
        };
        return editor.Merge(first, then, merged);

        GraphTensor? IfUsed(GraphTensor? tensor) => tensor is not null &&
            (editor.IsOutput(tensor) || editor.ReadersOf(tensor).Any(reader => reader != then)) ? tensor : null;
    }

    /// <summary>Merges an op with the first of its readers that can be merged.</summary>
    /// <returns>The merged op; null if no reader can be merged.</returns>
    public static GraphEditor.Node? TryExtend(
        GraphEditor editor, GraphEditor.Node first, string pass, Func<RowOp, bool> isWanted)
    {
        var op = (RowOp)first.Op;
        if (op.ResultOf(Last(op)) is not { } result) return null;
        foreach (var reader in editor.ReadersOf(result))
        {
            if (reader.Op is not RowOp then || !isWanted(then) || Link(op, then) is not { } link) continue;
            if (Obstacle(editor, first, reader, link) is null) return Merge(editor, first, reader, link, pass);
        }

        return null;
    }
}
