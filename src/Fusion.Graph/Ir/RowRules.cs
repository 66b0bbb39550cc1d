using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Checks types and shapes of a <see cref="RowOp"/>.</summary>
internal static class RowRules
{
    /// <exception cref="GraphException">Types or shapes of the op do not fit.</exception>
    public static void Check(RowOp op)
    {
        var type = op.Input.Type;
        if (!CallWords.IsDataType(type.Elements) || type.Layout != ScaleLayout.Linear)
            throw Wrong(op, Roles.Input, op.Input, type.ToString(), "bf16, f16 or f32");
        if (!AllReduceVocabulary.IsHiddenSize(type.Columns))
            throw Wrong(op, Roles.Input, op.Input, type.ToString(), $"a multiple of {KernelLimits.RowVector} from {KernelLimits.RowVector} to {KernelLimits.LongestRow} columns");
        if (op.Steps == RowSteps.None)
            throw Wrong(op, "the op", null, "without a step", "an all-reduce, residual, norm or quantization");
        if (op.Group is { } group && string.IsNullOrWhiteSpace(group))
            throw Wrong(op, "group", null, "empty", "the name of a group");

        if (op.Residual is { } residual) ThrowUnlessType(op, Roles.Residual, residual, type);
        CheckNorm(op, type);
        CheckQuant(op, type);
        CheckOutput(op, Roles.AllReduceOut, op.AllReduceOut, op.Group is not null, type);
        CheckOutput(op, Roles.ResidualOut, op.ResidualOut, op.Residual is not null, type);
        CheckOutput(op, Roles.NormOut, op.NormOut, op.Norm is not null, type);
        if (op.Norm is not null && op is { NormOut: null, QuantOut: null })
            throw Wrong(op, Roles.NormOut, null, "missing", "where the norm goes, as nothing else takes it");
        if (op is { AllReduceOut: null, ResidualOut: null, NormOut: null, QuantOut: null })
            throw Wrong(op, "the op", null, "without a result", "one or more");
    }

    /// <summary>Computes the type of a quantization's codes.</summary>
    public static TensorType CodesOf(TensorType input, QuantSpec quant) => input with
    {
        Elements = ScaleLayouts.CodeType(Of(quant, null)),
    };

    /// <summary>Computes the type of a quantization's scales; null if it makes none.</summary>
    public static TensorType? ScalesOf(TensorType input, QuantSpec quant)
    {
        var operation = Of(quant, null);
        return ScaleLayouts.ScaleType(operation) is not { } scale ? null : new(
            input.Rows, ScaleLayouts.BlocksPerRow(operation, input.Columns), scale, ScaleLayouts.Layout(operation));
    }

    /// <summary>Makes the runtime's quantization.</summary>
    public static Quantization Of(QuantSpec? quant, DeviceTensor? scale) => quant is not { } q ? default : new()
    {
        Kind = q.Kind,
        GroupSize = q.GroupSize,
        GroupScaleType = q.GroupScaleType,
        Layout = q.Layout,
        Scale = scale,
    };

    private static void CheckNorm(RowOp op, TensorType type)
    {
        if (op.Norm is not { } norm)
        {
            if (op.Gamma is not null) throw Wrong(op, Roles.Gamma, op.Gamma, "given without a norm", "none");
            if (op.Beta is not null) throw Wrong(op, Roles.Beta, op.Beta, "given without a norm", "none");
            return;
        }

        if (norm.Kind is <= NormKind.None or > NormKind.Layer) throw Wrong(op, "norm", null, $"{norm.Kind}", "a norm");
        var weights = type with { Rows = RowCount.Of(1) };
        if (op.Gamma is not { } gamma) throw Wrong(op, Roles.Gamma, null, "missing", weights.ToString());
        ThrowUnlessType(op, Roles.Gamma, gamma, weights);
        if (op.Beta is { } beta)
        {
            if (norm.Kind != NormKind.Layer) throw Wrong(op, Roles.Beta, beta, "given", "none, but for LayerNorm");
            ThrowUnlessType(op, Roles.Beta, beta, weights);
        }

        if (!(norm.Epsilon >= 0 && float.IsFinite(norm.Epsilon)))
            throw Wrong(op, "epsilon", null, Text(norm.Epsilon), "finite, 0 or greater");
        if (!float.IsFinite(norm.WeightBias))
            throw Wrong(op, "weight bias", null, Text(norm.WeightBias), "finite, mostly 0 or 1");
    }

    private static void CheckQuant(RowOp op, TensorType type)
    {
        if (op.Quant is not { } quant)
        {
            if (op.Scale is not null) throw Wrong(op, Roles.Scale, op.Scale, "given without a quantization", "none");
            CheckOutput(op, Roles.QuantOut, op.QuantOut, false, type);
            CheckOutput(op, Roles.ScaleOut, op.ScaleOut, false, type);
            return;
        }

        if (quant.Kind == QuantizationKind.None || PlanRules.FaultOf(quant.Kind, quant.GroupSize, type.Columns) is not null)
        {
            var fault = PlanRules.FaultOf(quant.Kind, quant.GroupSize, type.Columns);
            throw Wrong(op, fault?.Parameter ?? "quantization", null, fault?.Value ?? "none", fault?.Allowed ?? "a quantization");
        }

        var row = CallWords.Of(quant.Kind)!;
        if (row.TakesGroup && !row.Scales.Contains(CallWords.WordOf(quant.GroupScaleType)))
            throw Wrong(op, "type of the scales", null, CallWords.WordOf(quant.GroupScaleType), string.Join(" or ", row.Scales));
        if (row.TakesScale)
        {
            var one = new TensorType(RowCount.Of(1), 1, ElementType.Float32);
            ThrowUnlessType(op, Roles.Scale, op.Scale ?? throw Wrong(op, Roles.Scale, null, "missing", one.ToString()), one);
        }
        else if (op.Scale is not null)
        {
            throw Wrong(op, Roles.Scale, op.Scale, "given", $"none: {CallWords.WordOf(quant.Kind)} makes its scales");
        }

        var codes = CodesOf(type, quant);
        ThrowUnlessType(op, Roles.QuantOut, op.QuantOut ?? throw Wrong(op, Roles.QuantOut, null, "missing", codes.ToString()), codes);
        if (ScalesOf(type, quant) is { } scales)
            ThrowUnlessType(op, Roles.ScaleOut, op.ScaleOut ?? throw Wrong(op, Roles.ScaleOut, null, "missing", scales.ToString()),
                scales);
        else CheckOutput(op, Roles.ScaleOut, op.ScaleOut, false, type);
    }

    private static void CheckOutput(RowOp op, string role, GraphTensor? result, bool allowed, TensorType type)
    {
        if (result is null) return;
        if (!allowed) throw Wrong(op, role, result, "given", "none, as there is no such step");
        ThrowUnlessType(op, role, result, type);
    }

    private static void ThrowUnlessType(RowOp op, string role, GraphTensor tensor, TensorType type)
    {
        if (tensor.Type != type) throw Wrong(op, role, tensor, tensor.Type.ToString(), type.ToString());
    }

    private static GraphException Wrong(RowOp op, string role, GraphTensor? value, string found, string expected) =>
        GraphException.Shape(op, role, value, found, expected);

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
