using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>What a tensor is: a dense row-major matrix of so many rows and columns of an element type.</summary>
/// <param name="Rows">Rows, mostly the tokens.</param>
/// <param name="Columns">Columns, mostly the hidden size.</param>
/// <param name="Elements">Type of the elements.</param>
/// <param name="Layout">Of scales, where each is; padding adds to the memory, not to the shape.</param>
public readonly record struct TensorType(
    RowCount Rows, int Columns, ElementType Elements, ScaleLayout Layout = ScaleLayout.Linear)
{
    /// <summary>Number of elements in a run, with a layout's padding.</summary>
    /// <param name="tokens">Tokens of the run.</param>
    public long Count(int tokens) => ScaleLayouts.Count(Layout, Rows.At(tokens), Columns);

    /// <summary>Bytes in a run, with a layout's padding.</summary>
    /// <param name="tokens">Tokens of the run.</param>
    public long Bytes(int tokens) => DeviceTensor.ByteCount(Elements, Count(tokens));

    /// <summary>The tensor in memory. Scales with padding are one row of all their elements.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="tokens">Tokens of the run.</param>
    public DeviceTensor At(ulong address, int tokens) => Layout == ScaleLayout.Linear
        ? new(address, Elements, Rows.At(tokens), Columns)
        : DeviceTensor.Vector(address, Elements, Count(tokens));

    /// <summary><c>bf16[tokens, 4096]</c>, <c>e4m3[tokens, 256] 128x4</c>.</summary>
    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{CallWords.WordOf(Elements)}[{Rows}, {Columns}]");
        return Layout == ScaleLayout.Linear ? text : $"{text} {CallWords.WordOf(Layout)}";
    }
}
