using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Names of steps, types and layouts in text and JSON.</summary>
internal static class Words
{
    public const string AllReduce = "all_reduce";
    public const string Add = "add";

    public static readonly IReadOnlyDictionary<string, NormKind> Norms = new Dictionary<string, NormKind>
    {
        ["rms_norm"] = NormKind.Rms,
        ["rms_norm_rounded_twice"] = NormKind.RmsRoundedTwice,
        ["layer_norm"] = NormKind.Layer,
    };

    public static readonly IReadOnlyDictionary<string, QuantizationKind> Quantizations = new Dictionary<string, QuantizationKind>
    {
        ["static_fp8"] = QuantizationKind.StaticFp8,
        ["per_token_fp8"] = QuantizationKind.PerTokenFp8,
        ["per_group_fp8"] = QuantizationKind.PerGroupFp8,
        ["nvfp4"] = QuantizationKind.NvFp4,
        ["mxfp8"] = QuantizationKind.MxFp8,
    };

    public static readonly IReadOnlyDictionary<string, ElementType> Types =
        Enum.GetValues<ElementType>().ToDictionary(PlanRules.NameOf);

    public static readonly IReadOnlyDictionary<string, ScaleLayout> Layouts = new Dictionary<string, ScaleLayout>
    {
        ["linear"] = ScaleLayout.Linear,
        ["8x4"] = ScaleLayout.Swizzled8x4,
        ["128x4"] = ScaleLayout.Swizzled128x4,
    };

    public static string Of(ScaleLayout layout) => Key(Layouts, layout);

    public static string Of(NormKind norm) => Key(Norms, norm);

    public static string Of(QuantizationKind quantization) => Key(Quantizations, quantization);

    /// <summary>The steps of an op, in their order.</summary>
    public static List<string> StepsOf(RowOp op)
    {
        var steps = new List<string>(4);
        if (op.Group is not null) steps.Add(AllReduce);
        if (op.Residual is not null) steps.Add(Add);
        if (op.Norm is { } norm) steps.Add(Of(norm.Kind));
        if (op.Quant is { } quant) steps.Add(Of(quant.Kind));
        return steps;
    }

    private static string Key<T>(IReadOnlyDictionary<string, T> names, T value) =>
        names.FirstOrDefault(name => EqualityComparer<T>.Default.Equals(name.Value, value)).Key ?? $"{value}";
}
