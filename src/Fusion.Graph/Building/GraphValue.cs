using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A value of a graph that is being written, and the ops that can follow it. Each op may be given a name; without
/// one, it gets one of its kind and a number.</summary>
public readonly record struct GraphValue
{
    internal GraphValue(GraphBuilder builder, GraphTensor tensor) => (Builder, Tensor) = (builder, tensor);

    /// <summary>The value.</summary>
    public GraphTensor Tensor { get; }

    /// <summary>What it is.</summary>
    public TensorType Type => Tensor.Type;

    internal GraphBuilder Builder { get; }

    /// <summary>The sum over the ranks of a group.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue AllReduce(string group = "tp", string? name = null)
    {
        var called = Builder.NameOf(name, "all_reduce");
        return Row(new RowOp(called, Tensor) { Group = group, AllReduceOut = Result(called) }, Roles.AllReduceOut);
    }

    /// <summary>The sum with another value of the same type.</summary>
    /// <param name="other">The other value.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue Add(GraphValue other, string? name = null)
    {
        var called = Builder.NameOf(name, Words.Residual);
        return Row(new RowOp(called, Tensor) { Residual = Builder.Own(other), ResidualOut = Result(called) }, Roles.ResidualOut);
    }

    /// <summary>RMSNorm.</summary>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight: 1 for weights stored as gamma − 1.</param>
    /// <param name="roundedTwice">Whether it is rounded before the weight too, as Hugging Face's Llama does.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue RmsNorm(
        GraphValue gamma, float epsilon, float weightBias = 0, bool roundedTwice = false, string? name = null) =>
        Normalize(gamma, null, new(roundedTwice ? NormKind.RmsRoundedTwice : NormKind.Rms, epsilon, weightBias), name);

    /// <summary>LayerNorm.</summary>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="beta">What is added, [1, H]; null for nothing.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue LayerNorm(GraphValue gamma, GraphValue? beta, float epsilon, string? name = null) =>
        Normalize(gamma, beta, new(NormKind.Layer, epsilon), name);

    /// <summary>Residual add and RMSNorm as one op.</summary>
    /// <param name="residual">What is added.</param>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>The sum, which is the next residual, and its norm.</returns>
    public (GraphValue Residual, GraphValue Norm) AddRmsNorm(
        GraphValue residual, GraphValue gamma, float epsilon, float weightBias = 0, string? name = null)
    {
        var called = Builder.NameOf(name, "residual_rmsnorm");
        var op = Builder.Add(new RowOp(called, Tensor)
        {
            Residual = Builder.Own(residual),
            Norm = new(NormKind.Rms, epsilon, weightBias),
            Gamma = Builder.Own(gamma),
            ResidualOut = new($"{called}.residual", Type),
            NormOut = Result(called),
        });
        return (new(Builder, op.ResidualOut!), new(Builder, op.NormOut!));
    }

    /// <summary>e4m3 with one scale that is given.</summary>
    /// <param name="scale">f32 [1, 1].</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue StaticFp8(GraphValue scale, string? name = null) =>
        Quantize(new(QuantizationKind.StaticFp8), scale, name).Codes;

    /// <summary>e4m3 with a scale for each token.</summary>
    /// <param name="name">Name of the op.</param>
    /// <returns>Codes, and scales: f32 [rows, 1].</returns>
    public (GraphValue Codes, GraphValue Scales) PerTokenFp8(string? name = null) =>
        WithScales(new(QuantizationKind.PerTokenFp8), null, name);

    /// <summary>e4m3 with a scale for each group of elements.</summary>
    /// <param name="groupSize">A multiple of 8 that divides the columns.</param>
    /// <param name="scaleType">f32, or ue8m0 for powers of two.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>Codes, and scales: [rows, columns / group size].</returns>
    public (GraphValue Codes, GraphValue Scales) PerGroupFp8(
        int groupSize = 128, ElementType scaleType = ElementType.Float32, string? name = null) =>
        WithScales(new(QuantizationKind.PerGroupFp8, groupSize, scaleType), null, name);

    /// <summary>NVFP4: e2m1 in blocks of 16 with e4m3 scales.</summary>
    /// <param name="globalScale">f32 [1, 1].</param>
    /// <param name="layout">Where the scales are.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>Codes, and scales: e4m3 [rows, columns / 16] in the layout.</returns>
    public (GraphValue Codes, GraphValue Scales) NvFp4(
        GraphValue globalScale, ScaleLayout layout = ScaleLayout.Swizzled128x4, string? name = null) =>
        WithScales(new(QuantizationKind.NvFp4, Layout: layout), globalScale, name);

    /// <summary>MXFP8: e4m3 in blocks of 32 with ue8m0 scales.</summary>
    /// <param name="layout">Where the scales are.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>Codes, and scales: ue8m0 [rows, columns / 32] in the layout.</returns>
    public (GraphValue Codes, GraphValue Scales) MxFp8(ScaleLayout layout = ScaleLayout.Swizzled128x4, string? name = null) =>
        WithScales(new(QuantizationKind.MxFp8, Layout: layout), null, name);

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

    private GraphValue Normalize(GraphValue gamma, GraphValue? beta, NormSpec norm, string? name)
    {
        var called = Builder.NameOf(name, NameOf(CallWords.WordOf(norm.Kind)));
        return Row(new RowOp(called, Tensor)
        {
            Norm = norm,
            Gamma = Builder.Own(gamma),
            Beta = beta is { } addend ? Builder.Own(addend) : null,
            NormOut = Result(called),
        }, Roles.NormOut);
    }

    private (GraphValue Codes, GraphValue Scales) WithScales(QuantSpec quant, GraphValue? scale, string? name)
    {
        var (codes, scales) = Quantize(quant, scale, name);
        return (codes, scales!.Value);
    }

    private (GraphValue Codes, GraphValue? Scales) Quantize(QuantSpec quant, GraphValue? scale, string? name)
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

    private GraphValue Row(RowOp op, string result)
    {
        Builder.Add(op);
        return new(Builder, op.Outputs.First(output => output.Role == result).Tensor);
    }

    private GraphTensor Result(string name) => new(name, Type);

    // Names of ops are parts of names of values.
    private static string NameOf(string word) => word.Replace('-', '_');
}
