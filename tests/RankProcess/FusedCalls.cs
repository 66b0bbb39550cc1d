using Fusion.Runtime;

namespace RankProcess;

/// <summary>Fused all-reduces of a rank, whose results are compared bit for bit with those that the reference computes here from the
/// inputs of all ranks.</summary>
internal sealed class FusedCalls
{
    private readonly RankGroup group;
    private readonly Rank rank;
    private readonly int hidden;
    private readonly RankBuffer<BFloat16> input, residual, gamma, norm;
    private readonly RankBuffer<byte> codes;
    private readonly RankBuffer<float> scales;
    private int number;
    private int tokens;
    private string epilogue = "";

    public FusedCalls(RankGroup group, int hidden, int maxTokens, TimeSpan timeout)
    {
        (this.group, this.hidden) = (group, hidden);
        rank = group.LocalRanks.Single();
        Operation = new AllReduce(group, new() { HiddenSize = hidden, MaxTokens = maxTokens, Timeout = timeout });
        var count = (long)hidden * maxTokens;
        (input, residual, norm) = (rank.Allocate<BFloat16>(count), rank.Allocate<BFloat16>(count), rank.Allocate<BFloat16>(count));
        gamma = rank.Allocate<BFloat16>(hidden);
        codes = rank.Allocate<byte>(count);
        scales = rank.Allocate<float>(maxTokens);
        gamma.CopyFrom(Values(hidden, 77));
    }

    public AllReduce Operation { get; }

    public void Launch(int count, string kind)
    {
        (tokens, epilogue) = (count, kind);
        var elements = count * hidden;
        input.Slice(0, elements).CopyFrom(Values(elements, Seed(rank.Index)));
        residual.Slice(0, elements).CopyFrom(Values(elements, Seed(100)));
        norm.FillBytes(0xA5);
        codes.FillBytes(0xA5);
        scales.FillBytes(0xA5);
        Operation.Launch(rank.Index, Call(kind));
    }

    public void SynchronizeAndCheck()
    {
        Operation.Synchronize(rank.Index);
        var (foundNorm, foundCodes, foundScales) = (new BFloat16[tokens * hidden], new byte[tokens * hidden], new float[tokens]);
        norm.Slice(0, foundNorm.Length).CopyTo(foundNorm);
        codes.Slice(0, foundCodes.Length).CopyTo(foundCodes);
        scales.Slice(0, tokens).CopyTo(foundScales);
        var expected = Expected();
        number++;
        if (!foundNorm.AsSpan().SequenceEqual(expected.Norm)) throw new InvalidDataException($"call {number - 1}: the norm is wrong");
        if (epilogue != "fp8") return;
        if (!foundCodes.AsSpan().SequenceEqual(expected.Codes)) throw new InvalidDataException($"call {number - 1}: the codes are wrong");
        if (!foundScales.AsSpan().SequenceEqual(expected.Scales)) throw new InvalidDataException($"call {number - 1}: the scales are wrong");
    }

    public void Reset()
    {
        Operation.Reset();
        number = 0;
    }

    private AllReduceCall Call(string kind) => new()
    {
        Input = input.Slice(0, (long)tokens * hidden).AsTensor(tokens, hidden),
        Residual = residual.Slice(0, (long)tokens * hidden).AsTensor(tokens, hidden),
        Norm = Normalization.Rms(gamma.AsTensor(1, hidden), 1e-5f),
        NormOut = norm.Slice(0, (long)tokens * hidden).AsTensor(tokens, hidden),
        Quantization = kind == "fp8" ? Quantization.PerTokenFp8() : default,
        QuantOut = kind == "fp8" ? codes.Slice(0, (long)tokens * hidden).AsTensor(ElementType.Float8E4M3, tokens, hidden) : null,
        ScaleOut = kind == "fp8" ? scales.Slice(0, tokens).AsTensor(tokens, 1) : null,
    };

    // Numbers of another call or rank never fit.
    private int Seed(int who) => (number * 1000) + who;

    private (BFloat16[] Norm, byte[] Codes, float[] Scales) Expected()
    {
        using var alone = RankGroup.OnCpu(group.WorldSize);
        var count = tokens * hidden;
        var inputs = alone.Ranks.Select(one => one.Allocate<BFloat16>(count)).ToArray();
        var first = alone.Ranks[0];
        using var add = first.Allocate<BFloat16>(count);
        using var weight = first.Allocate<BFloat16>(hidden);
        using var normOut = first.Allocate<BFloat16>(count);
        using var codesOut = first.Allocate<byte>(count);
        using var scalesOut = first.Allocate<float>(tokens);
        add.CopyFrom(Values(count, Seed(100)));
        weight.CopyFrom(Values(hidden, 77));
        for (var i = 0; i < inputs.Length; i++) inputs[i].CopyFrom(Values(count, Seed(i)));
        AllReduceReference.Run(ElementType.BFloat16, [.. inputs.Select((one, i) => new AllReduceCall
        {
            Input = one.AsTensor(tokens, hidden),
            Residual = add.AsTensor(tokens, hidden),
            Norm = Normalization.Rms(weight.AsTensor(1, hidden), 1e-5f),
            NormOut = i == 0 ? normOut.AsTensor(tokens, hidden) : null,
            Quantization = Quantization.PerTokenFp8(),
            QuantOut = i == 0 ? codesOut.AsTensor(ElementType.Float8E4M3, tokens, hidden) : null,
            ScaleOut = i == 0 ? scalesOut.AsTensor(tokens, 1) : null,
        })]);
        var (norms, quantized, scaled) = (new BFloat16[count], new byte[count], new float[tokens]);
        normOut.CopyTo(norms);
        codesOut.CopyTo(quantized);
        scalesOut.CopyTo(scaled);
        foreach (var one in inputs) one.Dispose();
        return (norms, quantized, scaled);
    }

    private static BFloat16[] Values(int count, int seed)
    {
        var random = new Random(seed);
        var values = new BFloat16[count];
        for (var i = 0; i < count; i++) values[i] = (BFloat16)(float)((random.NextDouble() * 4) - 2);
        return values;
    }
}
