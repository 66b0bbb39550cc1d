namespace Fusion.Runtime;

/// <summary>Which norm.</summary>
public enum NormKind
{
    /// <summary>None: the quantization reads what the residual add gives.</summary>
    None,

    /// <summary>RMSNorm, rounded once.</summary>
    Rms,

    /// <summary>RMSNorm in the order of Hugging Face's Llama: rounded before the weight and after it.</summary>
    RmsRoundedTwice,

    /// <summary>LayerNorm.</summary>
    Layer,
}

/// <summary>The norm of an all-reduce: formulas in docs/numbers.md, step 3.</summary>
public readonly record struct Normalization
{
    /// <summary>Which norm; the default is none.</summary>
    public NormKind Kind { get; init; }

    /// <summary>Weights, one a column, of the operation's type.</summary>
    public DeviceTensor? Gamma { get; init; }

    /// <summary>What LayerNorm adds, one a column, of the operation's type; null for nothing.</summary>
    public DeviceTensor? Beta { get; init; }

    /// <summary>Added to the mean square, 0 or more.</summary>
    public float Epsilon { get; init; }

    /// <summary>Added to each weight: 0, or 1 for weights stored as gamma − 1, as Gemma's are.</summary>
    public float WeightBias { get; init; }

    /// <summary>RMSNorm (Zhang and Sennrich, 2019, arXiv 1910.07467).</summary>
    /// <param name="gamma">Weights, one a column.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight.</param>
    public static Normalization Rms(DeviceTensor gamma, float epsilon, float weightBias = 0) =>
        new() { Kind = NormKind.Rms, Gamma = gamma, Epsilon = epsilon, WeightBias = weightBias };

    /// <summary>RMSNorm that rounds before the weight and after it, as Hugging Face's Llama does.</summary>
    /// <param name="gamma">Weights, one a column.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight.</param>
    public static Normalization RmsRoundedTwice(DeviceTensor gamma, float epsilon, float weightBias = 0) =>
        new() { Kind = NormKind.RmsRoundedTwice, Gamma = gamma, Epsilon = epsilon, WeightBias = weightBias };

    /// <summary>LayerNorm (Ba, Kiros and Hinton, 2016, arXiv 1607.06450).</summary>
    /// <param name="gamma">Weights, one a column.</param>
    /// <param name="beta">What is added, one a column; null for nothing.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static Normalization Layer(DeviceTensor gamma, DeviceTensor? beta, float epsilon) =>
        new() { Kind = NormKind.Layer, Gamma = gamma, Beta = beta, Epsilon = epsilon };
}
