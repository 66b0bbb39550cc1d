using Fusion.Runtime;

namespace ColdStart;

/// <summary>The first all-reduce of two ranks on GPUs of their own, fused with residual add, RMSNorm and FP8 of a scale a
/// token.</summary>
internal static class FirstAllReduce
{
    private const int Hidden = 4096;
    private const int Tokens = 64;

    /// <summary>Runs the all-reduce.</summary>
    /// <returns>Whether the result is right.</returns>
    public static bool Run()
    {
        using var group = RankGroup.OnGpus(0, 1);
        Steps.Note("peers");
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.BFloat16 });
        Steps.Note("workspace");
        using var first = new RankData(group.Ranks[0], (BFloat16)1f);
        using var second = new RankData(group.Ranks[1], (BFloat16)2f);
        Steps.Note("data");
        operation.Launch(0, null, first.Call);
        operation.Launch(1, null, second.Call);
        Steps.Note("launch");
        operation.Synchronize(0);
        operation.Synchronize(1);
        Steps.Note("synchronized");
        var isRight = first.IsRight() & second.IsRight();
        Steps.Note("result");
        return isRight;
    }

    private sealed class RankData : IDisposable
    {
        private readonly RankBuffer<BFloat16> input;
        private readonly RankBuffer<BFloat16> residual;
        private readonly RankBuffer<BFloat16> gamma;
        private readonly RankBuffer<Float8E4M3> quantized;
        private readonly RankBuffer<float> scales;

        public RankData(Rank rank, BFloat16 value)
        {
            input = rank.Allocate<BFloat16>(Tokens * Hidden);
            residual = rank.Allocate<BFloat16>(Tokens * Hidden);
            gamma = rank.Allocate<BFloat16>(Hidden);
            quantized = rank.Allocate<Float8E4M3>(Tokens * Hidden);
            scales = rank.Allocate<float>(Tokens);
            var values = new BFloat16[Tokens * Hidden];
            Array.Fill(values, value);
            input.CopyFrom(values);
            Array.Fill(values, (BFloat16)1f);
            residual.CopyFrom(values);
            gamma.CopyFrom(values.AsSpan(0, Hidden));
        }

        public AllReduceCall Call => new()
        {
            Input = input.AsTensor(Tokens, Hidden),
            Residual = residual.AsTensor(Tokens, Hidden),
            ResidualOut = residual.AsTensor(Tokens, Hidden),
            Norm = Normalization.Rms(gamma.AsTensor(1, Hidden), epsilon: 1e-5f),
            Quantization = Quantization.PerTokenFp8(),
            QuantOut = quantized.AsTensor(Tokens, Hidden),
            ScaleOut = scales.AsTensor(1, Tokens),
        };

        // A row of equal values: the sum is 4, and every code is the largest of FP8.
        public bool IsRight()
        {
            var sums = new BFloat16[Tokens * Hidden];
            var codes = new Float8E4M3[Tokens * Hidden];
            residual.CopyTo(sums);
            quantized.CopyTo(codes);
            return !sums.AsSpan().ContainsAnyExcept((BFloat16)4f) && !codes.AsSpan().ContainsAnyExcept(Float8E4M3.MaxValue);
        }

        public void Dispose()
        {
            input.Dispose();
            residual.Dispose();
            gamma.Dispose();
            quantized.Dispose();
            scales.Dispose();
        }
    }
}
