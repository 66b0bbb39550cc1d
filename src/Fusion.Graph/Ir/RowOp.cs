using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Norm of a <see cref="RowOp"/>.</summary>
public readonly record struct NormSpec
{
    /// <summary>Makes the parameters of a norm.</summary>
    /// <param name="kind">Kind of the norm.</param>
    /// <param name="epsilon">Number that is added to the mean square or variance.</param>
    /// <param name="weightBias">Number that is added to each weight: 0, or 1 for weights stored as gamma − 1.</param>
    public NormSpec(NormKind kind, float epsilon, float weightBias = 0) =>
        (Kind, Epsilon, WeightBias) = (kind, epsilon, weightBias);

    /// <summary>Kind of the norm.</summary>
    public NormKind Kind { get; init; }

    /// <summary>Number that is added to the mean square or variance.</summary>
    public float Epsilon { get; init; }

    /// <summary>Number that is added to each weight: 0, or 1 for weights stored as gamma − 1.</summary>
    public float WeightBias { get; init; }
}

/// <summary>Quantization of a <see cref="RowOp"/>.</summary>
public readonly record struct QuantSpec
{
    /// <summary>Makes the parameters of a quantization.</summary>
    /// <param name="kind">Kind of the quantization.</param>
    /// <param name="groupSize">Number of elements that share a scale in per-group FP8.</param>
    /// <param name="groupScaleType">Type of the scales of per-group FP8.</param>
    /// <param name="layout">Layout of the scales of NVFP4 and MXFP8.</param>
    public QuantSpec(QuantizationKind kind, int groupSize = 0, ElementType groupScaleType = ElementType.Float32, ScaleLayout layout = ScaleLayout.Linear) =>
        (Kind, GroupSize, GroupScaleType, Layout) = (kind, groupSize, groupScaleType, layout);

    /// <summary>Kind of the quantization.</summary>
    public QuantizationKind Kind { get; init; }

    /// <summary>Number of elements that share a scale in per-group FP8.</summary>
    public int GroupSize { get; init; }

    /// <summary>Type of the scales of per-group FP8.</summary>
    public ElementType GroupScaleType { get; init; }

    /// <summary>Layout of the scales of NVFP4 and MXFP8.</summary>
    public ScaleLayout Layout { get; init; }
}

/// <summary>An op that works row by row in up to four steps: all-reduce, residual add, norm and quantization, in this order
/// (docs/numbers.md). One step is an op of a model; several are a fused op. The result of each step can be an
/// output.</summary>
public sealed record RowOp : GraphOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="input">Tensor that the first step reads: [rows, H] of bf16, f16 or f32.</param>
    public RowOp(string name, GraphTensor input)
        : base(name) => Input = input;

    /// <summary>Tensor that the first step reads: [rows, H] of bf16, f16 or f32.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>Name of the group over whose ranks the op sums; null without an all-reduce.</summary>
    public string? Group { get; init; }

    /// <summary>Residual that is added, of the input's type; null without a residual add.</summary>
    public GraphTensor? Residual { get; init; }

    /// <summary>Norm of the op; null without one.</summary>
    public NormSpec? Norm { get; init; }

    /// <summary>Weights of the norm: [1, H] of the input's element type.</summary>
    public GraphTensor? Gamma { get; init; }

    /// <summary>Bias of LayerNorm: [1, H] of the input's element type; null for none.</summary>
    public GraphTensor? Beta { get; init; }

    /// <summary>Quantization of the op; null without one.</summary>
    public QuantSpec? Quant { get; init; }

    /// <summary>Scale of static FP8 or global scale of NVFP4: f32 [1, 1]; null for others.</summary>
    public GraphTensor? Scale { get; init; }

    /// <summary>Output of the sum; null if it is not wanted.</summary>
    public GraphTensor? AllReduceOut { get; init; }

    /// <summary>Output of the sum with the residual added; null if it is not wanted.</summary>
    public GraphTensor? ResidualOut { get; init; }

    /// <summary>Output of the norm; null if it is not wanted.</summary>
    public GraphTensor? NormOut { get; init; }

    /// <summary>Output of the quantization's codes; null without a quantization.</summary>
    public GraphTensor? QuantOut { get; init; }

    /// <summary>Output of the quantization's scales; null if it makes none.</summary>
    public GraphTensor? ScaleOut { get; init; }

    /// <summary>Steps that the op has.</summary>
    public RowSteps Steps =>
        (Group is null ? 0 : RowSteps.AllReduce) | (Residual is null ? 0 : RowSteps.Add) |
        (Norm is null ? 0 : RowSteps.Norm) | (Quant is null ? 0 : RowSteps.Quant);

    /// <summary>Whether the op is an all-reduce fused with later steps.</summary>
    public bool IsFusedAllReduce => Group is not null && Steps != RowSteps.AllReduce;

    /// <inheritdoc/>
    public override string Mnemonic => string.Join('+', Words.StepsOf(this));

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => Given(
        (Roles.Input, Input), (Roles.Residual, Residual), (Roles.Gamma, Gamma), (Roles.Beta, Beta), (Roles.Scale, Scale));

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => Given(
        (Roles.AllReduceOut, AllReduceOut), (Roles.ResidualOut, ResidualOut), (Roles.NormOut, NormOut),
        (Roles.QuantOut, QuantOut), (Roles.ScaleOut, ScaleOut));

    /// <summary>Gets the output of a step; null if it is not wanted, and for the quantization, which has two.</summary>
    /// <param name="step">One step.</param>
    internal GraphTensor? ResultOf(RowSteps step) => step switch
    {
        RowSteps.AllReduce => AllReduceOut,
        RowSteps.Add => ResidualOut,
        RowSteps.Norm => NormOut,
        _ => null,
    };

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with
    {
        Input = replace(Input),
        Residual = Residual is null ? null : replace(Residual),
        Gamma = Gamma is null ? null : replace(Gamma),
        Beta = Beta is null ? null : replace(Beta),
        Scale = Scale is null ? null : replace(Scale),
    };

    private static List<GraphOperand> Given(params ReadOnlySpan<(string Role, GraphTensor? Tensor)> all)
    {
        var given = new List<GraphOperand>(all.Length);
        foreach (var (role, tensor) in all)
        {
            if (tensor is not null) given.Add(new(role, tensor));
        }

        return given;
    }
}

/// <summary>Steps of a <see cref="RowOp"/>; a later step has a greater value.</summary>
[Flags]
public enum RowSteps
{
    /// <summary>No step.</summary>
    None = 0,

    /// <summary>The sum over the ranks.</summary>
    AllReduce = 1,

    /// <summary>The residual add.</summary>
    Add = 2,

    /// <summary>The norm.</summary>
    Norm = 4,

    /// <summary>The quantization.</summary>
    Quant = 8,
}
