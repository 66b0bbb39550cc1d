namespace Fusion.Runtime;

/// <summary>Calls that have built-in kernels of their own, which do nothing else and are faster at few tokens:
/// kernels/cu/fusion/allreduce/usual_call.cuh. All others go through the kernels for any call. The results are the same.</summary>
internal enum UsualCall
{
    /// <summary>No usual call.</summary>
    None,

    /// <summary>The sum alone.</summary>
    Sum,

    /// <summary>Residual and RMSNorm, then no quantization, static FP8 or per-token FP8.</summary>
    Norm,
}

/// <summary>Finds out which usual call an epilogue is.</summary>
internal static class UsualCalls
{
    /// <summary>World sizes of the kernels.</summary>
    public static readonly int[] WorldSizes = [2, 4, 8];

    /// <summary>Gets the usual call of an epilogue.</summary>
    /// <param name="epilogue">The epilogue; null where it is not known.</param>
    public static UsualCall Of(in AllReduceEpilogue? epilogue) => epilogue switch
    {
        { HasResidual: false, Norm: NormKind.None, Quantization: QuantizationKind.None } => UsualCall.Sum,
        {
            HasResidual: true, Norm: NormKind.Rms,
            Quantization: QuantizationKind.None or QuantizationKind.StaticFp8 or QuantizationKind.PerTokenFp8,
        } => UsualCall.Norm,
        _ => UsualCall.None,
    };
}
