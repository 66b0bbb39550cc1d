using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>What a rank has after an all-reduce: the residual stream, and the quantized norm with its scales.</summary>
internal sealed record RankOutput(BFloat16[] Residual, byte[] Codes, byte[] Scales)
{
    /// <summary>Whether every bit is the same. No number of this sample is a NaN.</summary>
    public bool HasBitsOf(RankOutput other) =>
        Codes.AsSpan().SequenceEqual(other.Codes) && Scales.AsSpan().SequenceEqual(other.Scales) &&
        Residual.Select(number => number.Bits).SequenceEqual(other.Residual.Select(number => number.Bits));
}
