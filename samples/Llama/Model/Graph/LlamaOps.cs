using Fusion.Graph;

namespace Llama.Model.Graph;

/// <summary>Ops of a model that a graph calls and does not know. The numbers of tokens, positions and sequences are 4-byte integers
/// in tensors of f32, as graphs have no type of integers.</summary>
public abstract class LlamaOps
{
    /// <summary>Makes the op that looks tokens up in a rank's part of the embedding: of [tokens, 1] and [vocabulary / ranks, hidden] it
    /// makes [tokens, hidden], with zeros for the tokens of other ranks, to be summed.</summary>
    public CustomOp Embedding() => new("embedding", types => [new(types[0].Rows, types[1].Columns, types[1].Elements)], Embed);

    /// <summary>Makes the op that turns a layer's queries and keys by their positions (RoPE), appends keys and values to the cache of
    /// their sequences, and attends: of queries, keys, values, positions and sequences it makes a tensor like the queries.</summary>
    /// <param name="layer">Index of the layer.</param>
    public CustomOp Attention(int layer) => new("attention", types => [types[0]], launch => Attend(launch, layer));

    /// <summary>Makes the op silu(gate) · up.</summary>
    public CustomOp SwiGlu() => new("swiglu", types => [types[0]], Gate);

    /// <summary>Launches <see cref="Embedding"/>.</summary>
    protected abstract void Embed(CustomLaunch launch);

    /// <summary>Launches <see cref="Attention"/>.</summary>
    protected abstract void Attend(CustomLaunch launch, int layer);

    /// <summary>Launches <see cref="SwiGlu"/>.</summary>
    protected abstract void Gate(CustomLaunch launch);
}
