using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Shapes, types and custom ops.</content>
public readonly partial record struct GraphValue
{
    /// <summary>The same elements as another shape.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue View(RowCount rows, int columns, string? name = null)
    {
        var called = Builder.NameOf(name, "view");
        var op = Builder.Add(new ViewOp(called, Tensor, new(called, Type with { Rows = rows, Columns = columns })));
        return new(Builder, op.Output);
    }

    /// <summary>Some columns of all rows.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue SliceColumns(int first, int count, string? name = null) =>
        Slice(0, Type.Rows, first, count, name);

    /// <summary>Some rows, of a tensor whose rows do not depend on the tokens.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue SliceRows(int first, int count, string? name = null) =>
        Slice(first, RowCount.Of(count), 0, Type.Columns, name);

    /// <summary>The same numbers in another type.</summary>
    /// <param name="type">bf16, f16 or f32.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue Cast(ElementType type, string? name = null)
    {
        var called = Builder.NameOf(name, "cast");
        var op = Builder.Add(new CastOp(called, Tensor, new(called, Type with { Elements = type })));
        return new(Builder, op.Output);
    }

    /// <summary>A custom op with one result that reads this value, and others.</summary>
    /// <param name="op">What it does.</param>
    /// <param name="others">What it reads besides.</param>
    public GraphValue Call(CustomOp op, params IReadOnlyList<GraphValue> others) => Builder.Call(op, [this, .. others])[0];

    /// <summary>A custom op with one result and a name in the graph.</summary>
    /// <param name="name">Name of the op.</param>
    /// <param name="op">What it does.</param>
    /// <param name="others">What it reads besides.</param>
    public GraphValue Call(string name, CustomOp op, params IReadOnlyList<GraphValue> others) =>
        Builder.Call(op, [this, .. others], name)[0];

    private GraphValue Slice(int firstRow, RowCount rows, int firstColumn, int columns, string? name)
    {
        var called = Builder.NameOf(name, "slice");
        var op = Builder.Add(new SliceOp(called, Tensor, new(called, Type with { Rows = rows, Columns = columns }))
        {
            FirstRow = firstRow,
            FirstColumn = firstColumn,
        });
        return new(Builder, op.Output);
    }
}
