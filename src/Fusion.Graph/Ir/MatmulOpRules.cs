using System.Globalization;
using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Checks types and shapes of a <see cref="MatmulOp"/>: what cuBLASLt can do, also for ranks on the CPU.</summary>
internal static class MatmulOpRules
{
    private const int Fp8Multiple = 16;

    /// <exception cref="GraphException">Types or shapes of the op do not fit.</exception>
    public static void Check(MatmulOp op)
    {
        var (input, weight, output) = (op.Input.Type, op.Weight.Type, op.Output.Type);
        var isFp8 = input.Elements == ElementType.Float8E4M3;
        if (!(isFp8 || input.Elements is ElementType.BFloat16 or ElementType.Float16) || input.Layout != ScaleLayout.Linear)
            throw Wrong(op, Roles.Input, op.Input, "bf16, f16 or e4m3");
        var columns = weight.Rows.IsPerToken ? "N" : Text($"{weight.Rows}");
        var wanted = input with { Rows = weight.Rows };
        if (weight.Rows.IsPerToken || weight != wanted)
            throw Wrong(op, Roles.Weight, op.Weight, Text($"{CallWords.WordOf(input.Elements)}[N, {input.Columns}], as the input is {input}"));
        if (isFp8 && input.Columns % Fp8Multiple != 0) throw Wrong(op, Roles.Input, op.Input, "a multiple of 16 columns of e4m3");
        if (isFp8 && weight.Rows.Count % Fp8Multiple != 0) throw Wrong(op, Roles.Weight, op.Weight, "a multiple of 16 rows of e4m3");
        if (output.Rows != input.Rows || output.Columns != weight.Rows.Count || output.Layout != ScaleLayout.Linear)
            throw Wrong(op, Roles.Output, op.Output, Text($"[{input.Rows}, {columns}]"));
        var allowed = isFp8 ? "bf16, f16 or f32" : $"{CallWords.WordOf(input.Elements)} or f32";
        if (!(output.Elements == ElementType.Float32 || output.Elements == input.Elements || isFp8) || !CallWords.IsDataType(output.Elements))
            throw Wrong(op, Roles.Output, op.Output, $"{allowed} for {CallWords.WordOf(input.Elements)}");

        if (op.Bias is { } bias)
        {
            var type = isFp8 && output.Elements == ElementType.Float32 ? ElementType.BFloat16 : output.Elements;
            ThrowUnless(op, Roles.Bias, bias, new(RowCount.Of(1), output.Columns, type));
        }

        if (!isFp8)
        {
            if (op.InputScale is { } x) throw Wrong(op, Roles.InputScale, x, "none, but for e4m3");
            if (op.WeightScale is { } w) throw Wrong(op, Roles.WeightScale, w, "none, but for e4m3");
            return;
        }

        var one = new TensorType(RowCount.Of(1), 1, ElementType.Float32);
        if (op.Scaling == MatmulScaling.Tensor)
        {
            if (op.InputScale is { } x) ThrowUnless(op, Roles.InputScale, x, one);
            if (op.WeightScale is { } w) ThrowUnless(op, Roles.WeightScale, w, one);
            return;
        }

        ThrowUnless(op, Roles.InputScale, op.InputScale!, one with { Rows = input.Rows });
        var perRow = one with { Rows = weight.Rows };
        if (op.WeightScale is not { } scale)
            throw GraphException.Shape(op, Roles.WeightScale, null, "missing", $"{perRow}, as each row of the input has a scale");
        if (scale.Type != one with { Columns = weight.Rows.Count }) ThrowUnless(op, Roles.WeightScale, scale, perRow);
    }

    private static void ThrowUnless(MatmulOp op, string role, GraphTensor tensor, TensorType type)
    {
        if (tensor.Type != type) throw Wrong(op, role, tensor, type.ToString());
    }

    private static GraphException Wrong(MatmulOp op, string role, GraphTensor tensor, string expected) =>
        GraphException.Shape(op, role, tensor, tensor.Type.ToString(), expected);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
