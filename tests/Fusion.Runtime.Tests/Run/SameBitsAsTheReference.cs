namespace Fusion.Runtime.Tests.Run;

public sealed class SameBitsAsTheReference
{
    [Test]
    public void RanksOnTheCpuComputeWhatTheReferenceDoes([Values(2, 3, 5, 8, 16)] int ranks, [Values(1, 7)] int tokens)
    {
        const int hidden = 40;
        using var group = RankGroup.OnCpu(ranks);
        using var operation = new AllReduce(group, new() { HiddenSize = hidden, MaxTokens = 7 });
        var calls = new AllReduceCall[ranks];
        var expected = new RankBuffer<BFloat16>[ranks];
        var found = new RankBuffer<BFloat16>[ranks];
        var random = new Random(ranks + tokens);
        for (var rank = 0; rank < ranks; rank++)
        {
            expected[rank] = group.Ranks[rank].Allocate<BFloat16>(tokens * hidden);
            found[rank] = group.Ranks[rank].Allocate<BFloat16>(tokens * hidden);
            found[rank].FillBytes(0xFF);
            calls[rank] = new()
            {
                Input = Numbers(group.Ranks[rank], random, tokens, hidden),
                Residual = Numbers(group.Ranks[rank], random, tokens, hidden),
                Norm = Normalization.Rms(Numbers(group.Ranks[rank], random, 1, hidden), 1e-5f),
                NormOut = expected[rank].AsTensor(tokens, hidden),
            };
        }

        AllReduceReference.Run(ElementType.BFloat16, calls);
        for (var rank = 0; rank < ranks; rank++)
            operation.Launch(rank, null, calls[rank] with { NormOut = found[rank].AsTensor(tokens, hidden) });

        for (var rank = 0; rank < ranks; rank++)
        {
            operation.Synchronize(rank);
            Assert.That(Bits(found[rank]), Is.EqualTo(Bits(expected[rank])), $"rank {rank}");
        }

        Array.ForEach([.. expected, .. found, .. inputs], buffer => buffer.Dispose());
        inputs.Clear();
    }

    private readonly List<RankBuffer<BFloat16>> inputs = [];

    private DeviceTensor Numbers(Rank rank, Random random, int rows, int columns)
    {
        var buffer = rank.Allocate<BFloat16>(rows * columns);
        inputs.Add(buffer);
        buffer.CopyFrom(Enumerable.Range(0, rows * columns).Select(_ => (BFloat16)((random.NextSingle() * 4) - 2)).ToArray());
        return buffer.AsTensor(rows, columns);
    }

    private static ushort[] Bits(RankBuffer<BFloat16> buffer)
    {
        var values = new BFloat16[buffer.Length];
        buffer.CopyTo(values);
        return [.. values.Select(value => value.Bits)];
    }
}
