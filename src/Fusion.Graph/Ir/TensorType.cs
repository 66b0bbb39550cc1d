using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Type and shape of a tensor: a dense row-major matrix of an element type.</summary>
public readonly record struct TensorType
{
    /// <summary>Makes a type of its shape and elements.</summary>
    /// <param name="rows">Number of rows, mostly the tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <param name="elements">Type of the elements.</param>
    /// <param name="layout">Layout of scales, linear for other tensors; padding adds to the memory, not to the
    /// shape.</param>
    public TensorType(RowCount rows, int columns, ElementType elements, ScaleLayout layout = ScaleLayout.Linear) =>
        (Rows, Columns, Elements, Layout) = (rows, columns, elements, layout);

    /// <summary>Number of rows, mostly the tokens.</summary>
    public RowCount Rows { get; init; }

    /// <summary>Number of columns, mostly the hidden size.</summary>
    public int Columns { get; init; }

    /// <summary>Type of the elements.</summary>
    public ElementType Elements { get; init; }

    /// <summary>Layout of scales, linear for other tensors; padding adds to the memory, not to the shape.</summary>
    public ScaleLayout Layout { get; init; }

    /// <summary>Computes the number of elements in a run, with the layout's padding.</summary>
    /// <param name="tokens">Number of tokens of the run.</param>
    public long Count(int tokens) => ScaleLayouts.Count(Layout, Rows.At(tokens), Columns);

    /// <summary>Computes the size in a run in bytes, with the layout's padding.</summary>
    /// <param name="tokens">Number of tokens of the run.</param>
    public long Bytes(int tokens) => DeviceTensor.ByteCount(Elements, Count(tokens));

    /// <summary>Makes the tensor in memory. Scales with padding are one row of all their elements.</summary>
    /// <param name="address">Address of the first element.</param>
    /// <param name="tokens">Number of tokens of the run.</param>
    public DeviceTensor At(ulong address, int tokens) => Layout == ScaleLayout.Linear
        ? new(address, Elements, Rows.At(tokens), Columns)
        : DeviceTensor.Vector(address, Elements, Count(tokens));

    /// <summary>Writes the type as <c>bf16[tokens, 4096]</c> or <c>e4m3[tokens, 256] 128x4</c>.</summary>
    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{CallWords.WordOf(Elements)}[{Rows}, {Columns}]");
        return Layout == ScaleLayout.Linear ? text : $"{text} {CallWords.WordOf(Layout)}";
    }
}
