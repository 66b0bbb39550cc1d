using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Which elements of FP8 share a scale.</summary>
public enum MatmulScaling
{
    /// <summary>All elements of a tensor: one f32 each for input and weight, or none, which is 1. On GPUs of sm_89 and
    /// later.</summary>
    Tensor,

    /// <summary>Those of a row: an f32 for each token of the input and for each row of the weight. From cuBLASLt 12.9 on, on GPUs of
    /// sm_90.</summary>
    Row,

    /// <summary>128 columns of a token, and blocks of 128 rows and 128 columns of the weight. From cuBLASLt 12.9 on, on GPUs of
    /// sm_90.</summary>
    Block128,
}

/// <summary>A matmul: output = alpha · input · weightᵀ (+ bias), summed in f32 and rounded once. All tensors are dense and
/// row-major.</summary>
/// <remarks>Addresses of tensors are multiples of 16 bytes, those of single scales of 4.</remarks>
public readonly record struct MatmulCall
{
    /// <summary>Makes a call, with a factor of 1.</summary>
    public MatmulCall()
    {
    }

    /// <summary>Input, [tokens, K] of bf16, f16 or e4m3. For e4m3, K is a multiple of 16.</summary>
    public required DeviceTensor Input { get; init; }

    /// <summary>Weight, [N, K] of the input's type, as checkpoints have it. For e4m3, N is a multiple of 16.</summary>
    public required DeviceTensor Weight { get; init; }

    /// <summary>Output, [tokens, N]: of bf16 or f32 for bf16, of f16 or f32 for f16, of bf16, f16 or f32 for e4m3.</summary>
    public required DeviceTensor Output { get; init; }

    /// <summary>Bias, [1, N] of the output's type, but of bf16 where the product of e4m3 goes to f32; null for none.</summary>
    public DeviceTensor? Bias { get; init; }

    /// <summary>Which elements of FP8 share a scale.</summary>
    public MatmulScaling Scaling { get; init; }

    /// <summary>Scales by which the input's elements are multiplied, of f32 and for e4m3 alone. By tensor: one, or null for 1. By
    /// row: [1, tokens]. By block: [K / 128, tokens], so that the tokens of a block of columns are neighbours.</summary>
    public DeviceTensor? InputScale { get; init; }

    /// <summary>Scales by which the weight's elements are multiplied, of f32 and for e4m3 alone. By tensor: one, or null for 1. By
    /// row: [1, N]. By block: [N / 128, K / 128] rounded up, with columns padded to a multiple of 4.</summary>
    public DeviceTensor? WeightScale { get; init; }

    /// <summary>Factor of the product; 1 by default.</summary>
    public float Alpha { get; init; } = 1;

    /// <summary>Whether sums of FP8 may be kept in the tensor cores' own precision over more of the depth, which is faster and less
    /// exact. Not with <see cref="MatmulScaling.Block128"/>.</summary>
    public bool FastAccumulation { get; init; }
}
