namespace Fusion.Runtime;

/// <summary>Options of an <see cref="EpilogueOperation"/>: shapes, type and kernels.</summary>
public sealed record EpilogueOptions
{
    /// <summary>Number of elements of a token (hidden size): a multiple of 8 from 8 to 32768.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Largest number of tokens of a call, 1 or more.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Type of inputs, residuals and norms: bf16, f16 or f32.</summary>
    public ElementType DataType { get; init; } = ElementType.BFloat16;

    /// <summary>Kernels compiled for one model that may be used; null for <see cref="AllReduceKernels.GetRegistered"/>, those
    /// of all assemblies that registered themselves. A call that none of them fits is done by the built-in kernels, with the
    /// same bits.</summary>
    public AllReduceKernels? Kernels { get; init; }

    /// <summary>Gets the options of an all-reduce that ends with such epilogues.</summary>
    internal AllReduceOptions ForAllReduce() =>
        new() { HiddenSize = HiddenSize, MaxTokens = MaxTokens, DataType = DataType, Kernels = Kernels };
}
