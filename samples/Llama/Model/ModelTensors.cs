using Llama.Model.Safetensors;
using Llama.Model.Sharding;

namespace Llama.Model;

/// <summary>A tensor that a model's checkpoint has.</summary>
/// <param name="Name">Name, as Hugging Face has it.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Types">Types that it may have.</param>
/// <param name="Split">How ranks share it.</param>
public sealed record ModelTensor(string Name, IReadOnlyList<long> Shape, IReadOnlyList<TensorDataType> Types, ShardKind Split)
{
    /// <summary>Whether a tensor of the checkpoint has this shape; a single number may be a scalar or a vector of one.</summary>
    /// <param name="shape">Shape in the checkpoint.</param>
    public bool HasShape(IReadOnlyList<long> shape) => shape.SequenceEqual(Shape) || (Shape is [1] && shape.Count == 0);
}

/// <summary>Lists the tensors of a model.</summary>
public static class ModelTensors
{
    /// <summary>Name of the embedding.</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>Name of the last norm.</summary>
    public const string LastNorm = "model.norm.weight";

    /// <summary>Name of the projection to the vocabulary; a tied model has the embedding in its place.</summary>
    public const string Head = "lm_head.weight";

    private static readonly TensorDataType[] Scales = [TensorDataType.Float32, TensorDataType.BFloat16, TensorDataType.Float16];

    /// <summary>Projections of a layer: name, and how ranks share the weight.</summary>
    public static IReadOnlyList<(string Name, ShardKind Split)> Projections { get; } =
    [
        ("self_attn.q_proj", ShardKind.Rows), ("self_attn.k_proj", ShardKind.Rows), ("self_attn.v_proj", ShardKind.Rows),
        ("self_attn.o_proj", ShardKind.Columns),
        ("mlp.gate_proj", ShardKind.Rows), ("mlp.up_proj", ShardKind.Rows), ("mlp.down_proj", ShardKind.Columns),
    ];

    /// <summary>Gets the name of a layer's tensor.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="name">Name within the layer, such as <c>mlp.up_proj.weight</c>.</param>
    public static string InLayer(int layer, string name) => $"model.layers.{layer}.{name}";

    /// <summary>Lists all tensors that a model needs.</summary>
    /// <param name="config">Shape of the model.</param>
    public static IEnumerable<ModelTensor> Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        TensorDataType[] plain = [config.Type];
        yield return new(Embedding, [config.Vocabulary, config.Hidden], plain, ShardKind.Rows);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            foreach (var tensor in OfLayer(config, layer, plain)) yield return tensor;
        }

        yield return new(LastNorm, [config.Hidden], plain, ShardKind.Whole);
        if (!config.IsTied) yield return new(Head, [config.Vocabulary, config.Hidden], plain, ShardKind.Rows);
    }

    private static IEnumerable<ModelTensor> OfLayer(ModelConfig config, int layer, TensorDataType[] plain)
    {
        foreach (var norm in new[] { "input_layernorm", "post_attention_layernorm" })
            yield return new(InLayer(layer, $"{norm}.weight"), [config.Hidden], plain, ShardKind.Whole);
        if (config.Kind == ModelKind.Qwen3)
        {
            foreach (var norm in new[] { "q_norm", "k_norm" })
                yield return new(InLayer(layer, $"self_attn.{norm}.weight"), [config.HeadSize], plain, ShardKind.Whole);
        }

        foreach (var (name, split) in Projections)
        {
            yield return new(InLayer(layer, $"{name}.weight"), ShapeOf(config, name), config.IsFp8 ? [TensorDataType.Float8E4M3] : plain, split);
            if (!config.IsFp8) continue;
            yield return new(InLayer(layer, $"{name}.weight_scale"), [1], Scales, ShardKind.Whole);
            yield return new(InLayer(layer, $"{name}.input_scale"), [1], Scales, ShardKind.Whole);
        }
    }

    private static long[] ShapeOf(ModelConfig config, string projection) => projection switch
    {
        "self_attn.q_proj" => [config.QuerySize, config.Hidden],
        "self_attn.k_proj" or "self_attn.v_proj" => [config.KeyValueSize, config.Hidden],
        "self_attn.o_proj" => [config.Hidden, config.QuerySize],
        "mlp.down_proj" => [config.Hidden, config.Intermediate],
        _ => [config.Intermediate, config.Hidden],
    };
}
