namespace Fusion.Runtime;

/// <summary>What a call writes, by name. The tensors are the caller's own; they hold the results when the work ahead of it
/// in the stream, and the call itself, are done.</summary>
/// <param name="Plan">How it is done.</param>
/// <param name="AllReduceOut">The sum, or null.</param>
/// <param name="ResidualOut">The sum and the residual, or null.</param>
/// <param name="NormOut">The norm, or null.</param>
/// <param name="QuantOut">The quantized norm, or null.</param>
/// <param name="ScaleOut">Its scales, or null.</param>
public readonly record struct AllReduceResult(
    AllReducePlan Plan,
    DeviceTensor? AllReduceOut,
    DeviceTensor? ResidualOut,
    DeviceTensor? NormOut,
    DeviceTensor? QuantOut,
    DeviceTensor? ScaleOut);
