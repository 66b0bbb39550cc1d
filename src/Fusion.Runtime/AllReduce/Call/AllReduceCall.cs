namespace Fusion.Runtime;

/// <summary>One rank's inputs and outputs of an all-reduce. In shapes, T is the operation's type, H its hidden size, and M
/// the number of tokens of this call. M, norm and quantization are the same on all ranks.</summary>
/// <remarks>Every address is a multiple of 16, except that of a scale, which is a multiple of 4. An output may replace an
/// input in place: <see cref="AllReduceOut"/>, <see cref="ResidualOut"/> or <see cref="NormOut"/> may be <see cref="Input"/>
/// or <see cref="Residual"/>. Otherwise no output overlaps another tensor of the call.</remarks>
public readonly record struct AllReduceCall
{
    /// <summary>Tensor that is summed over the ranks: [M, H] of T.</summary>
    public required DeviceTensor Input { get; init; }

    /// <summary>Residual that is added to the sum: [M, H] of T; null for none.</summary>
    public DeviceTensor? Residual { get; init; }

    /// <summary>Norm of the sum and residual; none by default.</summary>
    public Normalization Norm { get; init; }

    /// <summary>Quantization of the norm's result; none by default.</summary>
    public Quantization Quantization { get; init; }

    /// <summary>Output of the sum: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? AllReduceOut { get; init; }

    /// <summary>Output of the sum with the residual added: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? ResidualOut { get; init; }

    /// <summary>Output of the norm: [M, H] of T; null if it is not wanted.</summary>
    public DeviceTensor? NormOut { get; init; }

    /// <summary>Output of the quantization: [M, H] of <see cref="ElementType.Float8E4M3"/> or
    /// <see cref="ElementType.Float4E2M1"/>.</summary>
    public DeviceTensor? QuantOut { get; init; }

    /// <summary>Output of the scales that the quantization makes: as many elements as their layout has with padding
    /// (<see cref="ScaleLayouts"/>). Null for a quantization whose scale is given.</summary>
    public DeviceTensor? ScaleOut { get; init; }
}
