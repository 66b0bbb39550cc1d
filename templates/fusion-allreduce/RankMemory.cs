using Fusion.Runtime;

namespace FusionTemplate;

/// <summary>What the ranks of a group read and write: on their GPU, or in memory of the CPU. The inputs are the same for every
/// group of so many ranks, so that results can be compared.</summary>
public sealed class RankMemory : IDisposable
{
    private const float Epsilon = 1e-6f;
    private const float Fp8Scale = 1 / 16f;

    private readonly int tokens;
    private readonly int hidden;
    private readonly List<Buffers> ranks = [];

    /// <summary>Allocates it and fills the inputs.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="tokens">Rows of each matrix.</param>
    /// <param name="hidden">Columns of each matrix.</param>
    public RankMemory(RankGroup group, int tokens, int hidden)
    {
        (this.tokens, this.hidden) = (tokens, hidden);
        // What is summed differs from rank to rank; residual and weights are the same on all of them.
        var residual = RandomNumbers(seed: 1000, tokens * hidden);
        var gamma = RandomNumbers(seed: 2000, hidden);
        foreach (var rank in group.Ranks)
        {
            var own = new Buffers(
                Input: rank.Allocate<BFloat16>(tokens * hidden),
                Residual: rank.Allocate<BFloat16>(tokens * hidden),
                Gamma: rank.Allocate<BFloat16>(hidden),
                Scale: rank.Allocate<float>(1),
                ResidualOut: rank.Allocate<BFloat16>(tokens * hidden),
                QuantOut: rank.Allocate<Float8E4M3>(tokens * hidden));
            own.Input.CopyFrom(RandomNumbers(seed: rank.Index, tokens * hidden));
            own.Residual.CopyFrom(residual);
            own.Gamma.CopyFrom(gamma);
            own.Scale.CopyFrom([Fp8Scale]);
            own.ResidualOut.FillBytes(0xFF); // NaN, which shows what a call leaves out
            own.QuantOut.FillBytes(0xFF);
            ranks.Add(own);
        }
    }

    /// <summary>Numbers in the outputs of all ranks.</summary>
    public long OutputCount => ranks.Sum(own => own.ResidualOut.Length + own.QuantOut.Length);

    /// <summary>What a rank gives to the all-reduce and wants from it.</summary>
    /// <param name="rank">Its index.</param>
    public AllReduceCall CallOf(int rank)
    {
        var own = ranks[rank];
        return new AllReduceCall
        {
            Input = own.Input.AsTensor(tokens, hidden),
            Residual = own.Residual.AsTensor(tokens, hidden),
            Norm = Normalization.Rms(own.Gamma.AsTensor(1, hidden), Epsilon),
            Quantization = Quantization.StaticFp8(own.Scale.AsTensor(1, 1)),
            ResidualOut = own.ResidualOut.AsTensor(tokens, hidden), // for the next residual add
            QuantOut = own.QuantOut.AsTensor(tokens, hidden),       // for the next matmul
        };
    }

    /// <summary>How many numbers of a rank's outputs have other bits than another group's.</summary>
    /// <param name="rank">Its index.</param>
    /// <param name="other">The other group's memory.</param>
    public int CountDifferences(int rank, RankMemory other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (mine, theirs) = (ranks[rank], other.ranks[rank]);
        return Read(mine.ResidualOut).Zip(Read(theirs.ResidualOut)).Count(pair => pair.First.Bits != pair.Second.Bits)
            + Read(mine.QuantOut).Zip(Read(theirs.QuantOut)).Count(pair => pair.First.Bits != pair.Second.Bits);
    }

    /// <summary>Frees it.</summary>
    public void Dispose()
    {
        foreach (var own in ranks)
        {
            foreach (var buffer in new IDisposable[] { own.Input, own.Residual, own.Gamma, own.Scale, own.ResidualOut, own.QuantOut })
                buffer.Dispose();
        }

        ranks.Clear();
    }

    private static T[] Read<T>(RankBuffer<T> buffer)
        where T : unmanaged
    {
        var content = new T[buffer.Length];
        buffer.CopyTo(content);
        return content;
    }

    private static BFloat16[] RandomNumbers(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new BFloat16[count];
        for (var i = 0; i < count; i++) numbers[i] = BFloat16.FromSingle((random.NextSingle() * 4) - 2);
        return numbers;
    }

    private sealed record Buffers(
        RankBuffer<BFloat16> Input,
        RankBuffer<BFloat16> Residual,
        RankBuffer<BFloat16> Gamma,
        RankBuffer<float> Scale,
        RankBuffer<BFloat16> ResidualOut,
        RankBuffer<Float8E4M3> QuantOut);
}
