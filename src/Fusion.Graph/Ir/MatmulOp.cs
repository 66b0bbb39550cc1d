using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A matmul: output = input · weightᵀ (+ bias), summed in f32 and rounded once. On GPUs cuBLASLt does it.</summary>
public sealed record MatmulOp : GraphOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="input">Input: [rows, K] of bf16, f16 or e4m3.</param>
    /// <param name="weight">Weight: [N, K] of the input's type.</param>
    /// <param name="output">Result: [rows, N].</param>
    public MatmulOp(string name, GraphTensor input, GraphTensor weight, GraphTensor output)
        : base(name) => (Input, Weight, Output) = (input, weight, output);

    /// <summary>Input: [rows, K] of bf16, f16 or e4m3.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>Weight: [N, K] of the input's type, as checkpoints have it.</summary>
    public GraphTensor Weight { get; init; }

    /// <summary>Bias: [1, N] of the output's type, but of bf16 where the product of e4m3 goes to f32; null for none.</summary>
    public GraphTensor? Bias { get; init; }

    /// <summary>Scales by which the codes of e4m3 are multiplied: f32 [1, 1], as static FP8 has, or [rows, 1], as FP8 with a scale
    /// for each token has; null for 1.</summary>
    public GraphTensor? InputScale { get; init; }

    /// <summary>Scales by which the weight's codes are multiplied: f32 [1, 1] or null for 1, and [N, 1] or [1, N] where each row of
    /// the input has one.</summary>
    public GraphTensor? WeightScale { get; init; }

    /// <summary>Result: [rows, N] of bf16, f16 or f32.</summary>
    public GraphTensor Output { get; init; }

    /// <summary>Which elements of FP8 share a scale.</summary>
    public MatmulScaling Scaling => InputScale is { Type.Rows.IsPerToken: true } ? MatmulScaling.Row : MatmulScaling.Tensor;

    /// <inheritdoc/>
    public override string Mnemonic => Words.Matmul;

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs
    {
        get
        {
            yield return new(Roles.Input, Input);
            yield return new(Roles.Weight, Weight);
            if (Bias is not null) yield return new(Roles.Bias, Bias);
            if (InputScale is not null) yield return new(Roles.InputScale, InputScale);
            if (WeightScale is not null) yield return new(Roles.WeightScale, WeightScale);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    /// <summary>Gets the type of elements that a matmul has if nobody asks for another: the input's, and bf16 for FP8.</summary>
    internal static ElementType DefaultOutput(ElementType input) => input == ElementType.Float8E4M3 ? ElementType.BFloat16 : input;

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with
    {
        Input = replace(Input),
        Weight = replace(Weight),
        Bias = Bias is null ? null : replace(Bias),
        InputScale = InputScale is null ? null : replace(InputScale),
        WeightScale = WeightScale is null ? null : replace(WeightScale),
    };
}
