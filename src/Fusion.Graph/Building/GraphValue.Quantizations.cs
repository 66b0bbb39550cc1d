using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Quantizations.</content>
public readonly partial record struct GraphValue
{
    /// <summary>Adds a quantization of any kind.</summary>
    /// <param name="quant">The quantization.</param>
    /// <param name="scale">The scale of static FP8 or the global scale of NVFP4, f32 [1, 1]; null for the others.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <returns>Codes, and scales if the quantization writes any.</returns>
    public (GraphValue Codes, GraphValue? Scales) Quantize(QuantSpec quant, GraphValue? scale = null, string? name = null)
    {
        var called = Builder.NameOf(name, NameOf(CallWords.WordOf(quant.Kind)));
        var fits = PlanRules.FaultOf(quant.Kind, quant.GroupSize, Type.Columns) is null;
        var scales = fits ? RowRules.ScalesOf(Type, quant) : null;
        var op = Builder.Add(new RowOp(called, Tensor)
        {
            Quant = quant,
            Scale = scale is { } given ? Builder.Own(given) : null,
            QuantOut = new(called, RowRules.CodesOf(Type, quant)),
            ScaleOut = scales is { } made ? new($"{called}.scales", made) : null,
        });
        return (new(Builder, op.QuantOut!), op.ScaleOut is null ? null : new(Builder, op.ScaleOut));
    }

    /// <summary>Adds a quantization to FP8 (e4m3) with one given scale.</summary>
    /// <param name="scale">Scale by which elements are divided: f32 [1, 1].</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    public GraphValue StaticFp8(GraphValue scale, string? name = null) =>
        Quantize(new(QuantizationKind.StaticFp8), scale, name).Codes;

    /// <summary>Adds a quantization to FP8 (e4m3) with a scale for each token.</summary>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <returns>Codes, and scales: f32 [rows, 1].</returns>
    public (GraphValue Codes, GraphValue Scales) PerTokenFp8(string? name = null) =>
        WithScales(new(QuantizationKind.PerTokenFp8), null, name);

    /// <summary>Adds a quantization to FP8 (e4m3) with a scale for each group of elements.</summary>
    /// <param name="groupSize">Number of elements of a group: a multiple of 8 that divides the number of columns.</param>
    /// <param name="scaleType">Type of the scales: f32, or ue8m0 for powers of two.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <returns>Codes, and scales: [rows, columns / group size].</returns>
    public (GraphValue Codes, GraphValue Scales) PerGroupFp8(
        int groupSize = 128, ElementType scaleType = ElementType.Float32, string? name = null) =>
        WithScales(new(QuantizationKind.PerGroupFp8, groupSize, scaleType), null, name);

    /// <summary>Adds a quantization to NVFP4: e2m1 in blocks of 16 elements with e4m3 scales.</summary>
    /// <param name="globalScale">Global scale: f32 [1, 1].</param>
    /// <param name="layout">Layout of the scales.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <returns>Codes, and scales: e4m3 [rows, columns / 16] in the layout.</returns>
    public (GraphValue Codes, GraphValue Scales) NvFp4(
        GraphValue globalScale, ScaleLayout layout = ScaleLayout.Swizzled128x4, string? name = null) =>
        WithScales(new(QuantizationKind.NvFp4, layout: layout), globalScale, name);

    /// <summary>Adds a quantization to MXFP8: e4m3 in blocks of 32 elements with ue8m0 scales.</summary>
    /// <param name="layout">Layout of the scales.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <returns>Codes, and scales: ue8m0 [rows, columns / 32] in the layout.</returns>
    public (GraphValue Codes, GraphValue Scales) MxFp8(ScaleLayout layout = ScaleLayout.Swizzled128x4, string? name = null) =>
        WithScales(new(QuantizationKind.MxFp8, layout: layout), null, name);

    private (GraphValue Codes, GraphValue Scales) WithScales(QuantSpec quant, GraphValue? scale, string? name)
    {
        var (codes, scales) = Quantize(quant, scale, name);
        return (codes, scales!.Value);
    }
}
