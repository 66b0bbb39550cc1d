using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>What follows the sum in a call under test. All outputs that make sense are asked for.</summary>
internal sealed record Epilogue
{
    public bool HasResidual { get; init; }

    public NormKind Norm { get; init; }

    public float WeightBias { get; init; }

    public bool HasBeta { get; init; } = true;

    /// <summary>The quantization without its scale.</summary>
    public Quantization Quantization { get; init; }

    /// <summary>The sum alone.</summary>
    public static Epilogue Plain { get; } = new();

    private static readonly Epilogue[] Norms =
    [
        new(),
        new() { Norm = NormKind.Rms },
        new() { Norm = NormKind.Rms, WeightBias = 1 },
        new() { Norm = NormKind.RmsRoundedTwice },
        new() { Norm = NormKind.Layer },
        new() { Norm = NormKind.Layer, HasBeta = false, WeightBias = 1 },
    ];

    /// <summary>Every combination that a hidden size allows.</summary>
    public static IEnumerable<Epilogue> All(int hidden) =>
        from hasResidual in new[] { false, true }
        from norm in Norms
        from quantization in Quantizations(hidden)
        select norm with { HasResidual = hidden > 0 && hasResidual, Quantization = quantization };

    /// <summary>Each quantization once, with norms and residuals in turn.</summary>
    public static IEnumerable<Epilogue> Few(int hidden) => Quantizations(hidden).Select((quantization, i) =>
        Norms[(i + 1) % Norms.Length] with { HasResidual = i % 3 != 2, Quantization = quantization });

    public override string ToString() =>
        $"{(HasResidual ? "residual, " : "")}{Norm} (bias {WeightBias}, beta {HasBeta}), {Quantization.Kind} " +
        $"{Quantization.Layout} group {Quantization.GroupSize} of {Quantization.GroupScaleType}";

    private static IEnumerable<Quantization> Quantizations(int hidden) =>
        EveryQuantization.Of(hidden, 8, 64, 128, 24, hidden).Prepend(default);
}
