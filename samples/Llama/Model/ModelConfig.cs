using Llama.Model.Safetensors;

namespace Llama.Model;

/// <summary>Families of models that can be loaded.</summary>
public enum ModelKind
{
    /// <summary>Llama 2 and 3.</summary>
    Llama,

    /// <summary>Qwen3, whose queries and keys have a norm of their own.</summary>
    Qwen3,
}

/// <summary>Llama 3's scaling of the frequencies of RoPE: slow ones are divided by a factor, fast ones stay, those between go over
/// smoothly.</summary>
/// <param name="Factor">Factor by which slow frequencies are divided.</param>
/// <param name="LowFrequencyFactor">Number of turns over the original context below which a frequency is slow.</param>
/// <param name="HighFrequencyFactor">Number of turns above which a frequency is fast.</param>
/// <param name="OriginalContext">Number of tokens of the context that the model was trained with first.</param>
public sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContext);

/// <summary>Shape of a model, as its <c>config.json</c> says it.</summary>
public sealed record ModelConfig
{
    /// <summary>Family of the model.</summary>
    public required ModelKind Kind { get; init; }

    /// <summary>Hidden size.</summary>
    public required int Hidden { get; init; }

    /// <summary>Size between the projections of the MLP.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of heads of queries.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of heads of keys and values, which divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of a head, an even number.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Number of tokens of the vocabulary.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Longest context in tokens.</summary>
    public required int Context { get; init; }

    /// <summary>Number that is added to the mean square in norms.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Base of the frequencies of RoPE.</summary>
    public double RopeBase { get; init; } = 10000;

    /// <summary>Scaling of the frequencies of RoPE; null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Whether the last projection is the embedding.</summary>
    public bool IsTied { get; init; }

    /// <summary>Type of activations, and of weights that are not quantized.</summary>
    public TensorDataType Type { get; init; } = TensorDataType.BFloat16;

    /// <summary>Whether the projections of the layers are FP8 with static scales by tensor.</summary>
    public bool IsFp8 { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Number of columns of the queries of all heads.</summary>
    public int QuerySize => Heads * HeadSize;

    /// <summary>Number of columns of the keys, and of the values, of all heads.</summary>
    public int KeyValueSize => KeyValueHeads * HeadSize;

    /// <summary>Checks that the model can be spread over ranks.</summary>
    /// <param name="ranks">Number of ranks.</param>
    /// <exception cref="ArgumentException">A size does not divide; the message names all that do not.</exception>
    public void ThrowUnlessDivisible(int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        (string Name, int Size)[] sizes =
        [
            ("num_attention_heads", Heads), ("num_key_value_heads", KeyValueHeads), ("intermediate_size", Intermediate), ("vocab_size", Vocabulary),
        ];
        var wrong = sizes.Where(one => one.Size % ranks != 0).Select(one => $"{one.Name} is {one.Size}").ToArray();
        if (wrong.Length > 0)
            throw new ArgumentException($"The model cannot be spread over {ranks} ranks, which must divide its sizes: {string.Join(", ", wrong)}.", nameof(ranks));
        if (IsFp8 && (QuerySize / ranks % 16 != 0 || KeyValueSize / ranks % 16 != 0 || Intermediate / ranks % 16 != 0))
        {
            throw new ArgumentException(
                $"The model cannot be spread over {ranks} ranks: FP8 needs multiples of 16 on each, and has queries of {QuerySize / ranks}, keys of " +
                $"{KeyValueSize / ranks} and an MLP of {Intermediate / ranks} columns.", nameof(ranks));
        }
    }
}
