using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Validates the quantization of a call and its outputs.</summary>
internal static class QuantizationValidation
{
    private const string Scale = "Quantization.Scale";

    private static readonly string WithScale = string.Join(" and ", AllReduceVocabulary.Quantizations
        .Where(quantization => quantization.TakesScale).Select(quantization => quantization.Name));

    /// <summary>Throws if a quantization or its scale is wrong.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="tensors">Check of its tensors.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    public static void Check(in Quantization quantization, TensorCheck tensors, int hidden)
    {
        var kind = quantization.Kind;
        if (PlanRules.FaultOf(kind, quantization.GroupSize, hidden) is { } fault)
        {
            var isOfTheOperation = fault.Parameter == nameof(AllReduceOptions.HiddenSize);
            throw CallErrors.Argument(
                isOfTheOperation ? fault.Parameter : $"Quantization.{fault.Parameter}", fault.Value, fault.Allowed);
        }

        var row = CallWords.Of(kind);
        if (!CallWords.IsLayout(quantization.Layout))
            throw CallErrors.Argument("Quantization.Layout", quantization.Layout.ToString(), $"a value of {nameof(ScaleLayout)}");
        if (row is { TakesGroup: true } && !row.Scales.Contains(CallWords.WordOf(quantization.GroupScaleType)))
        {
            throw CallErrors.Argument(
                "Quantization.GroupScaleType", CallWords.WordOf(quantization.GroupScaleType), string.Join(" or ", row.Scales));
        }

        var takesScale = row is { TakesScale: true };
        if (takesScale && quantization.Scale is null) throw CallErrors.Argument(Scale, "null", $"the scale of {kind}, one f32");
        if (quantization.Scale is not { } scale) return;
        if (!takesScale) throw CallErrors.Argument(Scale, $"given for {kind}", $"null but for {WithScale}");
        tensors.Scalar(Scale, scale);
    }

    /// <summary>Throws if an output of a quantization is missing, wrong, or given without need.</summary>
    /// <param name="call">The call, whose quantization was checked.</param>
    /// <param name="tensors">Check of its tensors.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    public static void CheckOutputs(in AllReduceCall call, TensorCheck tensors, long tokens, int hidden)
    {
        var quantization = call.Quantization;
        var kind = quantization.Kind;
        if (kind == QuantizationKind.None)
        {
            if (call.QuantOut is not null) throw WithoutQuantization(nameof(call.QuantOut));
            if (call.ScaleOut is not null) throw WithoutQuantization(nameof(call.ScaleOut));
            return;
        }

        var type = ScaleLayouts.CodeType(quantization);
        if (call.QuantOut is not { } quantOut)
            throw CallErrors.Argument(nameof(call.QuantOut), "null", $"where {kind} writes its {CallWords.WordOf(type)}");
        tensors.Matrix(nameof(call.QuantOut), quantOut, type, tokens, hidden);

        if (ScaleLayouts.ScaleType(quantization) is not { } scaleType)
        {
            if (call.ScaleOut is not null)
                throw CallErrors.Argument(nameof(call.ScaleOut), $"given for {kind}", "null: its scale is given, none is made");
            return;
        }

        var scaleName = CallWords.WordOf(scaleType);
        if (call.ScaleOut is not { } scaleOut)
            throw CallErrors.Argument(nameof(call.ScaleOut), "null", $"where {kind} writes its {scaleName} scales");
        tensors.Scales(
            nameof(call.ScaleOut), scaleOut, scaleType, ScaleLayouts.Count(quantization, tokens, hidden), ScaleLayouts.Layout(quantization));
    }

    private static FusionArgumentException WithoutQuantization(string parameter) =>
        CallErrors.Argument(parameter, "given without a quantization", "null where Quantization.Kind is None");
}
