using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>The norm of a <see cref="RowOp"/>.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Epsilon">Added to the mean square or variance.</param>
/// <param name="WeightBias">Added to each weight: 0, or 1 for weights stored as gamma − 1.</param>
public readonly record struct NormSpec(NormKind Kind, float Epsilon, float WeightBias = 0);

/// <summary>The quantization of a <see cref="RowOp"/>.</summary>
/// <param name="Kind">Which.</param>
/// <param name="GroupSize">Elements that share a scale, of per-group FP8.</param>
/// <param name="GroupScaleType">Type of the scales of per-group FP8.</param>
/// <param name="Layout">Where the scales of NVFP4 and MXFP8 are.</param>
public readonly record struct QuantSpec(
    QuantizationKind Kind, int GroupSize = 0, ElementType GroupScaleType = ElementType.Float32,
    ScaleLayout Layout = ScaleLayout.Linear);

/// <summary>What is done row by row, in this order, each step if it is there: all-reduce, residual add, norm, quantization
/// (docs/numbers.md). One step is an op of a model; several are a fused op. Each step's result can be an output.</summary>
public sealed record RowOp : GraphOp
{
    /// <summary>Makes an op.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">What the first step reads.</param>
    public RowOp(string name, GraphTensor input)
        : base(name) => Input = input;

    /// <summary>What the first step reads: [rows, H] of bf16, f16 or f32.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>The group of ranks over which it sums; null without an all-reduce.</summary>
    public string? Group { get; init; }

    /// <summary>What is added; null without an add.</summary>
    public GraphTensor? Residual { get; init; }

    /// <summary>The norm; null without one.</summary>
    public NormSpec? Norm { get; init; }

    /// <summary>Weights of the norm: [1, H].</summary>
    public GraphTensor? Gamma { get; init; }

    /// <summary>What LayerNorm adds: [1, H]; null for nothing.</summary>
    public GraphTensor? Beta { get; init; }

    /// <summary>The quantization; null without one.</summary>
    public QuantSpec? Quant { get; init; }

    /// <summary>The scale of static FP8, the global scale of NVFP4: f32 [1, 1].</summary>
    public GraphTensor? Scale { get; init; }

    /// <summary>The sum; null if it is not wanted.</summary>
    public GraphTensor? AllReduceOut { get; init; }

    /// <summary>The sum and the residual; null if it is not wanted.</summary>
    public GraphTensor? ResidualOut { get; init; }

    /// <summary>The norm; null if it is not wanted.</summary>
    public GraphTensor? NormOut { get; init; }

    /// <summary>The codes of the quantization.</summary>
    public GraphTensor? QuantOut { get; init; }

    /// <summary>The scales of the quantization, if it makes them.</summary>
    public GraphTensor? ScaleOut { get; init; }

    /// <summary>The steps that there are, in their order.</summary>
    public RowSteps Steps =>
        (Group is null ? 0 : RowSteps.AllReduce) | (Residual is null ? 0 : RowSteps.Add) |
        (Norm is null ? 0 : RowSteps.Norm) | (Quant is null ? 0 : RowSteps.Quant);

    /// <summary>Whether it is made of several steps with an all-reduce first.</summary>
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

    /// <summary>What a step's result is called; null for the quantization, which has two.</summary>
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

/// <summary>Steps of a <see cref="RowOp"/>; a later one has a greater value.</summary>
[Flags]
public enum RowSteps
{
    /// <summary>None.</summary>
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
