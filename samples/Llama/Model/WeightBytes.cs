using Llama.Model.Safetensors;
using Llama.Model.Sharding;

namespace Llama.Model;

/// <summary>Sizes of a model's weights by its shape alone.</summary>
public static class WeightBytes
{
    /// <summary>Size of a rank's weights.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static long OfRank(ModelConfig config, int ranks) => ModelTensors.Of(config).Sum(tensor => OfRank(tensor, ranks));

    /// <summary>Size of a rank's weights that each decode step must read: all but the embedding, of which it looks up a row for each
    /// token, unless the embedding is the last projection too.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static long OfStep(ModelConfig config, int ranks)
    {
        ArgumentNullException.ThrowIfNull(config);
        return ModelTensors.Of(config).Where(tensor => config.IsTied || tensor.Name != ModelTensors.Embedding).Sum(tensor => OfRank(tensor, ranks));
    }

    private static long OfRank(ModelTensor tensor, int ranks) =>
        tensor.Shape.Aggregate((long)TensorDataTypes.BytesOf(tensor.Types[0]), (product, size) => product * size) / (tensor.Split == ShardKind.Whole ? 1 : ranks);
}
