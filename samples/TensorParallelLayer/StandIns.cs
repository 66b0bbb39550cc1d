using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>What stands for the matmuls, which this sample does not have. Plain C#, the same for ranks on a GPU and on the
/// CPU.</summary>
internal static class StandIns
{
    /// <summary>Seed of the residual stream before the layer.</summary>
    public const int ResidualSeed = 1;

    /// <summary>Seed of the weights of the norm after the attention.</summary>
    public const int PostAttentionGammaSeed = 2;

    /// <summary>Seed of the weights of the next layer's first norm.</summary>
    public const int NextInputGammaSeed = 3;

    private const int AttentionSeed = 100;
    private const int MlpSeed = 200;

    /// <summary>For the attention: fixed numbers, others for each rank.</summary>
    public static BFloat16[] AttentionPartialSums(int rank, int tokens, int hidden) =>
        Numbers(AttentionSeed + rank, tokens * hidden);

    /// <summary>For the MLP: each rank weighs each column of the activations, as a matmul with a diagonal matrix.</summary>
    public static BFloat16[] MlpPartialSums(int rank, ReadOnlySpan<float> activations, int hidden)
    {
        var weights = Numbers(MlpSeed + rank, hidden);
        var partial = new BFloat16[activations.Length];
        for (var i = 0; i < partial.Length; i++) partial[i] = (BFloat16)(activations[i] * (float)weights[i % hidden]);
        return partial;
    }

    /// <summary>Numbers from -1 to 1, always the same for a seed.</summary>
    public static BFloat16[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new BFloat16[count];
        for (var i = 0; i < count; i++) numbers[i] = (BFloat16)((random.NextSingle() * 2) - 1);
        return numbers;
    }
}
