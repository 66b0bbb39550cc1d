using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Shapes, types and custom ops.</content>
public readonly partial record struct GraphValue
{
    /// <summary>Adds a view: the same elements in another shape.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    public GraphValue View(RowCount rows, int columns, string? name = null)
    {
        var called = Builder.NameOf(name, "view");
        var op = Builder.Add(new ViewOp(called, Tensor, new(called, Type with { Rows = rows, Columns = columns })));
        return new(Builder, op.Output);
    }

    /// <summary>Adds a slice of columns, with all rows.</summary>
    /// <param name="first">Index of the first column.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    public GraphValue SliceColumns(int first, int count, string? name = null) =>
        Slice(0, Type.Rows, first, count, name);

    /// <summary>Adds a slice of rows, of a tensor whose number of rows does not depend on the tokens.</summary>
    /// <param name="first">Index of the first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    public GraphValue SliceRows(int first, int count, string? name = null) =>
        Slice(first, RowCount.Of(count), 0, Type.Columns, name);

    /// <summary>Adds a cast: the same numbers in another type, rounded to nearest even.</summary>
    /// <param name="type">Type of the result: bf16, f16 or f32.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    public GraphValue Cast(ElementType type, string? name = null)
    {
        var called = Builder.NameOf(name, "cast");
        var op = Builder.Add(new CastOp(called, Tensor, new(called, Type with { Elements = type })));
        return new(Builder, op.Output);
    }

    /// <summary>Adds a custom op with one result, which reads this value and others.</summary>
    /// <param name="op">The custom op.</param>
    /// <param name="others">Other values that the op reads.</param>
    public GraphValue Call(CustomOp op, params IReadOnlyList<GraphValue> others) => Builder.Call(op, [this, .. others])[0];

    /// <summary>Adds a named custom op with one result, which reads this value and others.</summary>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <param name="op">The custom op.</param>
    /// <param name="others">Other values that the op reads.</param>
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
