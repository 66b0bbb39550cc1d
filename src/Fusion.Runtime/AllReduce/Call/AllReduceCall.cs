namespace Fusion.Runtime;

/// <summary>What one rank gives to an all-reduce and wants from it. T is the operation's type, H its hidden size, M the
/// number of tokens of this call, the same on all ranks, as are norm and quantization.</summary>
/// <remarks>Every address is a multiple of 16, but that of a scale, a multiple of 4. An output may be an input of its own
/// shape and type (in place): <see cref="AllReduceOut"/>, <see cref="ResidualOut"/> or <see cref="NormOut"/> may be
/// <see cref="Input"/> or <see cref="Residual"/>. Otherwise nothing overlaps an output.</remarks>
public readonly record struct AllReduceCall
{
    /// <summary>What is summed over the ranks: [M, H] of T.</summary>
    public required DeviceTensor Input { get; init; }

    /// <summary>What is added to the sum: [M, H] of T; null for nothing.</summary>
    public DeviceTensor? Residual { get; init; }

    /// <summary>The norm.</summary>
    public Normalization Norm { get; init; }

    /// <summary>The quantization.</summary>
    public Quantization Quantization { get; init; }

    /// <summary>The sum: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? AllReduceOut { get; init; }

    /// <summary>The sum and the residual: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? ResidualOut { get; init; }

    /// <summary>The norm of that: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? NormOut { get; init; }

    /// <summary>The quantized norm: [M, H] of <see cref="ElementType.Float8E4M3"/> or
    /// <see cref="ElementType.Float4E2M1"/>.</summary>
    public DeviceTensor? QuantOut { get; init; }

    /// <summary>The scales, if the quantization makes them, as many as its layout has with padding.</summary>
    public DeviceTensor? ScaleOut { get; init; }
}
