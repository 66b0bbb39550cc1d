using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Checks types and shapes of ops; those of a <see cref="RowOp"/> are in <see cref="RowRules"/>, those of a <see cref="MatmulOp"/> in
/// <see cref="MatmulOpRules"/>.</summary>
internal static class OpRules
{
    /// <exception cref="GraphException">Types or shapes of the op do not fit.</exception>
    public static void Check(GraphOp op)
    {
        switch (op)
        {
            case RowOp row:
                RowRules.Check(row);
                break;
            case ViewOp view:
                Check(view);
                break;
            case SliceOp slice:
                Check(slice);
                break;
            case CastOp cast:
                Check(cast);
                break;
            case MatmulOp matmul:
                MatmulOpRules.Check(matmul);
                break;
            case CollectiveOp collective:
                CollectiveRules.Check(collective);
                break;
            case CustomCall call:
                Check(call);
                break;
            default:
                throw new InvalidOperationException($"{op.GetType().Name} has no rules: write them here.");
        }
    }

    /// <summary>Computes the types of a custom op's results.</summary>
    public static IReadOnlyList<TensorType> ResultsOf(string op, CustomOp custom, IReadOnlyList<TensorType> inputs)
    {
        try
        {
            return custom.ShapeOf(inputs);
        }
        catch (ArgumentException e)
        {
            throw GraphException.Refused(op, custom, e.Message);
        }
    }

    private static void Check(ViewOp op)
    {
        var (from, to) = (op.Input.Type, op.Output.Type);
        var same = from.Elements == to.Elements && from.Layout == to.Layout && from.Rows.IsPerToken == to.Rows.IsPerToken &&
            (long)from.Rows.Count * from.Columns == (long)to.Rows.Count * to.Columns && to.Rows.Count > 0 && to.Columns > 0;
        if (same && (from.Layout == ScaleLayout.Linear || from == to)) return;
        throw GraphException.Shape(op, Roles.Output, op.Output, to.ToString(), $"as many elements of the same type as {from}");
    }

    private static void Check(SliceOp op)
    {
        var (from, to) = (op.Input.Type, op.Output.Type);
        if (from == to && op is { FirstRow: 0, FirstColumn: 0 }) return;
        if (from.Elements != to.Elements || from.Layout != ScaleLayout.Linear || to.Layout != ScaleLayout.Linear)
            throw GraphException.Shape(op, Roles.Output, op.Output, to.ToString(), $"a part of {from}, of the same type");
        if (from.Elements == ElementType.Float4E2M1)
            throw GraphException.Shape(op, Roles.Input, op.Input, from.ToString(), "a type whose elements are whole bytes");
        var columns = op.FirstColumn >= 0 && to.Columns > 0 && op.FirstColumn <= from.Columns - to.Columns;
        var rows = from.Rows.IsPerToken
            ? op.FirstRow == 0 && from.Rows == to.Rows
            : !to.Rows.IsPerToken && op.FirstRow >= 0 && to.Rows.Count > 0 && op.FirstRow <= from.Rows.Count - to.Rows.Count;
        if (rows && columns) return;
        throw GraphException.Shape(op, Roles.Output, op.Output,
            $"{to} from row {op.FirstRow} and column {op.FirstColumn}",
            $"a part of {from}{(from.Rows.IsPerToken ? ", with all rows, whose number is not known before the run" : "")}");
    }

    private static void Check(CastOp op)
    {
        var (from, to) = (op.Input.Type, op.Output.Type);
        if (from == to) return;
        if (from.Rows != to.Rows || from.Columns != to.Columns || from.Layout != to.Layout)
            throw GraphException.Shape(op, Roles.Output, op.Output, to.ToString(), $"the shape of {from}");
        if (CallWords.IsDataType(from.Elements) && CallWords.IsDataType(to.Elements)) return;
        throw GraphException.Shape(op, Roles.Output, op.Output, $"{to}, of {from}",
            "bf16, f16 or f32 of such a type; to others, quantize");
    }

    private static void Check(CustomCall op)
    {
        var expected = ResultsOf(op.Name, op.Op, [.. op.Arguments.Select(argument => argument.Type)]);
        if (expected.SequenceEqual(op.Results.Select(result => result.Type))) return;
        throw GraphException.Shape(op, "its results", null, string.Join(", ", op.Results.Select(result => result.Type)),
            $"{string.Join(", ", expected)}, as the shape function of '{op.Op.Name}' says");
    }
}
