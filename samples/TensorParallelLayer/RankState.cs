using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>One rank's buffers in a layer.</summary>
internal sealed class RankState : IDisposable
{
    private readonly ModelShape model;
    private readonly int tokens;
    private readonly RankBuffer<BFloat16> partialSums;
    private readonly RankBuffer<BFloat16> residual;
    private readonly RankBuffer<BFloat16> postAttentionGamma;
    private readonly RankBuffer<BFloat16> nextInputGamma;
    private readonly RankBuffer<float> quantScale;
    private readonly RankBuffer<byte> codes;
    private readonly RankBuffer<byte> scales;

    /// <summary>Allocates and fills them: residual stream and weights are the same on all ranks.</summary>
    public RankState(Rank rank, ModelShape model, int tokens)
    {
        (this.model, this.tokens) = (model, tokens);
        var count = tokens * model.Hidden;
        partialSums = rank.Allocate<BFloat16>(count);
        residual = rank.Allocate<BFloat16>(count);
        postAttentionGamma = rank.Allocate<BFloat16>(model.Hidden);
        nextInputGamma = rank.Allocate<BFloat16>(model.Hidden);
        quantScale = rank.Allocate<float>(1);
        codes = rank.Allocate<byte>(DeviceTensor.ByteCount(model.CodeType, count));
        // One byte a block for NVFP4, with the padding that the tensor cores' layout asks for; none for static FP8.
        var quantization = model.Quantize(default);
        scales = rank.Allocate<byte>(ScaleLayouts.ByteCount(quantization, tokens, model.Hidden));

        residual.CopyFrom(StandIns.Numbers(StandIns.ResidualSeed, count));
        postAttentionGamma.CopyFrom(StandIns.Numbers(StandIns.PostAttentionGammaSeed, model.Hidden));
        nextInputGamma.CopyFrom(StandIns.Numbers(StandIns.NextInputGammaSeed, model.Hidden));
        quantScale.CopyFrom([model.QuantScale]);
        codes.FillBytes(0xFF);
        scales.FillBytes(0xFF);
    }

    /// <summary>Fills what the matmul before an all-reduce would leave here.</summary>
    public void SetPartialSums(ReadOnlySpan<BFloat16> numbers) => partialSums.CopyFrom(numbers);

    /// <summary>What follows the attention's output projection.</summary>
    public AllReduceCall AfterAttention => Call(postAttentionGamma);

    /// <summary>What follows the MLP's down projection. The norm is the next layer's first.</summary>
    public AllReduceCall AfterMlp => Call(nextInputGamma);

    /// <summary>What the last call left.</summary>
    public RankOutput Read() => new(Read(residual), Read(codes), Read(scales));

    public void Dispose()
    {
        foreach (var buffer in new IDisposable[]
        {
            partialSums, residual, postAttentionGamma, nextInputGamma, quantScale, codes, scales,
        })
        {
            buffer.Dispose();
        }
    }

    private static T[] Read<T>(RankBuffer<T> buffer)
        where T : unmanaged
    {
        var content = new T[buffer.Length];
        buffer.CopyTo(content);
        return content;
    }

    private AllReduceCall Call(RankBuffer<BFloat16> gamma) => new()
    {
        Input = partialSums.AsTensor(tokens, model.Hidden),
        Residual = residual.AsTensor(tokens, model.Hidden),
        Norm = Normalization.Rms(gamma.AsTensor(1, model.Hidden), model.Epsilon),
        Quantization = model.Quantize(quantScale.AsTensor(1, 1)),
        ResidualOut = residual.AsTensor(tokens, model.Hidden), // in place
        QuantOut = codes.AsTensor(model.CodeType, tokens, model.Hidden),
        ScaleOut = scales.Length == 0 ? null : scales.AsTensor(ElementType.Float8E4M3, 1, scales.Length),
    };
}
