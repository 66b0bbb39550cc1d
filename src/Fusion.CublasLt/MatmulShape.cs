using System.Globalization;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>What the choice of an algorithm depends on: types, shape, scales, bias and alignment, without addresses.</summary>
internal readonly record struct MatmulShape(
    int Tokens, int Columns, int Depth, ElementType Type, ElementType Output, bool HasBias, ElementType Bias, MatmulScaling Scaling,
    bool HasInputScale, bool HasWeightScale, bool FastAccumulation, int InputAlignment, int WeightAlignment, int OutputAlignment)
{
    /// <summary>Gets the shape of a call that was checked.</summary>
    public static MatmulShape Of(in MatmulCall call) => new(
        (int)call.Input.Rows, (int)call.Weight.Rows, (int)call.Input.Columns, call.Input.Type, call.Output.Type, call.Bias is not null,
        call.Bias?.Type ?? call.Output.Type, call.Scaling, call.InputScale is not null, call.WeightScale is not null, call.FastAccumulation,
        AlignmentOf(call.Input.Address), AlignmentOf(call.Weight.Address), AlignmentOf(call.Output.Address));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"matmul of [{Tokens}, {Depth}] and [{Columns}, {Depth}] of {CallWords.WordOf(Type)} to {CallWords.WordOf(Output)}{Details()}");

    private string Details() => string.Concat(
        Type == ElementType.Float8E4M3 ? $", scales by {Scaling switch { MatmulScaling.Row => "row", MatmulScaling.Block128 => "block of 128", _ => "tensor" }}" : "",
        HasBias ? $", bias of {CallWords.WordOf(Bias)}" : "", FastAccumulation ? ", fast accumulation" : "",
        Least < 256 ? string.Create(CultureInfo.InvariantCulture, $", addresses aligned to {Least} bytes") : "");

    private int Least => Math.Min(InputAlignment, Math.Min(WeightAlignment, OutputAlignment));

    // The library knows no alignment beyond 256.
    private static int AlignmentOf(ulong address) => (int)Math.Min(256, address & (~address + 1));
}
