using Fusion.Runtime;

namespace Server;

/// <summary>A rank's memory on both sides of the bus, and its call, which is prepared once for the largest batch.</summary>
internal sealed class RankWorker : IDisposable
{
    private readonly Rank rank;
    private readonly int hidden;
    private readonly PinnedBuffer<BFloat16> pinnedInput;
    private readonly PinnedBuffer<BFloat16> pinnedResidual;
    private readonly PinnedBuffer<Float8E4M3> pinnedCodes;
    private readonly RankBuffer<BFloat16> input;
    private readonly RankBuffer<BFloat16> residual;
    private readonly RankBuffer<BFloat16> gamma;
    private readonly RankBuffer<float> scale;
    private readonly RankBuffer<Float8E4M3> codes;
    private readonly PreparedAllReduce call;

    public RankWorker(Rank rank, AllReduce operation)
    {
        this.rank = rank;
        var tokens = operation.Options.MaxTokens;
        hidden = operation.Options.HiddenSize;

        pinnedInput = rank.AllocatePinned<BFloat16>(tokens * hidden);
        pinnedResidual = rank.AllocatePinned<BFloat16>(tokens * hidden);
        pinnedCodes = rank.AllocatePinned<Float8E4M3>(tokens * hidden);
        input = rank.Allocate<BFloat16>(tokens * hidden);
        residual = rank.Allocate<BFloat16>(tokens * hidden);
        gamma = rank.Allocate<BFloat16>(hidden);
        scale = rank.Allocate<float>(1);
        codes = rank.Allocate<Float8E4M3>(tokens * hidden);

        gamma.CopyFrom(StandIns.Gamma(hidden));
        scale.CopyFrom([StandIns.Scale]);
        call = operation.Prepare(rank.Index, new AllReduceCall
        {
            Input = input.AsTensor(tokens, hidden),
            Residual = residual.AsTensor(tokens, hidden),
            Norm = Normalization.Rms(gamma.AsTensor(1, hidden), StandIns.Epsilon),
            Quantization = Quantization.StaticFp8(scale.AsTensor(1, 1)),
            ResidualOut = residual.AsTensor(tokens, hidden), // in place
            QuantOut = codes.AsTensor(tokens, hidden),
        });
    }

    /// <summary>Puts a batch into the rank's stream, and returns: nothing is waited for.</summary>
    public void Start(IReadOnlyList<Request> batch)
    {
        for (var token = 0; token < batch.Count; token++)
        {
            StandIns.FillPartialSums(pinnedInput.Span.Slice(token * hidden, hidden), batch[token].Id, rank.Index);
            StandIns.FillResidual(pinnedResidual.Span.Slice(token * hidden, hidden), batch[token].Id);
        }

        input.CopyFrom(rank.Stream, pinnedInput.Memory[..(batch.Count * hidden)]);
        residual.CopyFrom(rank.Stream, pinnedResidual.Memory[..(batch.Count * hidden)]);
        call.SetTokens(batch.Count);
        call.Launch();
    }

    /// <summary>Puts the copy of the results behind the call.</summary>
    public void Fetch(int tokens) => codes.Slice(0, tokens * hidden).CopyTo(rank.Stream, pinnedCodes.Memory);

    /// <summary>Gets the row of a token, once the stream was waited for.</summary>
    public Float8E4M3[] RowOf(int token) => pinnedCodes.Span.Slice(token * hidden, hidden).ToArray();

    public void Dispose()
    {
        foreach (var buffer in new IDisposable[] { pinnedInput, pinnedResidual, pinnedCodes, input, residual, gamma, scale, codes })
            buffer.Dispose();
    }
}
