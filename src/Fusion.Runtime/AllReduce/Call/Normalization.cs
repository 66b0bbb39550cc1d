namespace Fusion.Runtime;

/// <summary>Kind of a norm.</summary>
public enum NormKind
{
    /// <summary>No norm: the quantization reads the sum with the residual added.</summary>
    None,

    /// <summary>RMSNorm, rounded once.</summary>
    Rms,

    /// <summary>RMSNorm in the order of Hugging Face's Llama: rounded before and after the multiplication by the
    /// weight.</summary>
    RmsRoundedTwice,

    /// <summary>LayerNorm.</summary>
    Layer,
}

/// <summary>Norm in the epilogue of an all-reduce. The formulas are in docs/numbers.md, step 3.</summary>
public readonly record struct Normalization
{
    /// <summary>Kind of the norm; none by default.</summary>
    public NormKind Kind { get; internal init; }

    /// <summary>Weights: [H] of the operation's type, H being the hidden size.</summary>
    public DeviceTensor? Gamma { get; internal init; }

    /// <summary>Bias of LayerNorm: [H] of the operation's type; null for none.</summary>
    public DeviceTensor? Beta { get; internal init; }

    /// <summary>Number that is added to the mean square or variance: finite, 0 or greater.</summary>
    public float Epsilon { get; internal init; }

    /// <summary>Number that is added to each weight: 0, or 1 for weights stored as gamma − 1, as Gemma's are.</summary>
    public float WeightBias { get; internal init; }

    /// <summary>Makes an RMSNorm (Zhang and Sennrich, 2019, arXiv 1910.07467).</summary>
    /// <param name="gamma">Weights: [H] of the operation's type.</param>
    /// <param name="epsilon">Number that is added to the mean square.</param>
    /// <param name="weightBias">Number that is added to each weight.</param>
    public static Normalization Rms(DeviceTensor gamma, float epsilon, float weightBias = 0) =>
        new() { Kind = NormKind.Rms, Gamma = gamma, Epsilon = epsilon, WeightBias = weightBias };

    /// <summary>Makes an RMSNorm that rounds before and after the multiplication by the weight, as Hugging Face's Llama
    /// does.</summary>
    /// <param name="gamma">Weights: [H] of the operation's type.</param>
    /// <param name="epsilon">Number that is added to the mean square.</param>
    /// <param name="weightBias">Number that is added to each weight.</param>
    public static Normalization RmsRoundedTwice(DeviceTensor gamma, float epsilon, float weightBias = 0) =>
        new() { Kind = NormKind.RmsRoundedTwice, Gamma = gamma, Epsilon = epsilon, WeightBias = weightBias };

    /// <summary>Makes a LayerNorm (Ba, Kiros and Hinton, 2016, arXiv 1607.06450).</summary>
    /// <param name="gamma">Weights: [H] of the operation's type.</param>
    /// <param name="beta">Bias: [H] of the operation's type; null for none.</param>
    /// <param name="epsilon">Number that is added to the variance.</param>
    public static Normalization Layer(DeviceTensor gamma, DeviceTensor? beta, float epsilon) =>
        new() { Kind = NormKind.Layer, Gamma = gamma, Beta = beta, Epsilon = epsilon };
}
