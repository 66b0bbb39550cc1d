using Fusion.Runtime;

namespace Server;

/// <summary>What stands for a model: numbers that are exact in bf16, the same in every run.</summary>
internal static class StandIns
{
    /// <summary>Epsilon of the norm.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>Scale of FP8: the codes are the norm divided by it.</summary>
    public const float Scale = 0.0625f;

    /// <summary>Weights of the norm.</summary>
    public static BFloat16[] Gamma(int hidden) => [.. Enumerable.Range(0, hidden).Select(i => (BFloat16)(1 + (i % 4 * 0.25f)))];

    /// <summary>What a rank's part of the matmul leaves for a token.</summary>
    public static void FillPartialSums(Span<BFloat16> row, int request, int rank)
    {
        for (var i = 0; i < row.Length; i++) row[i] = (BFloat16)((((i * 5) + (request * 3) + (rank * 7)) % 31 * 0.125f) - 2);
    }

    /// <summary>The residual stream of a token, the same on all ranks.</summary>
    public static void FillResidual(Span<BFloat16> row, int request)
    {
        for (var i = 0; i < row.Length; i++) row[i] = (BFloat16)(((i + request) % 23 * 0.125f) - 1);
    }
}
