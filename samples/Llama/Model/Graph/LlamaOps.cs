using Fusion.Graph;
using Fusion.Runtime;

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

    /// <summary>Whether the ops take several projections of one value as one tensor, side by side: <see cref="MergedAttention"/> and
    /// <see cref="MergedSwiGlu"/>. Otherwise the graph cuts them apart, which copies them.</summary>
    public virtual bool TakesMergedProjections => false;

    /// <summary>Whether SwiGLU quantizes its result to static FP8 by itself: <see cref="SwiGluFp8"/>.</summary>
    public virtual bool FusesQuantization => false;

    /// <summary>Makes the op <see cref="Attention"/> of queries, keys and values in one tensor, positions and sequences.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="columns">Number of columns of the queries.</param>
    public CustomOp MergedAttention(int layer, int columns) =>
        new("attention", types => [types[0] with { Columns = columns }], launch => Attend(launch, layer));

    /// <summary>Makes the op silu(gate) · up.</summary>
    public CustomOp SwiGlu() => new("swiglu", types => [types[0]], Gate);

    /// <summary>Makes the op <see cref="SwiGlu"/> of gate and up in one tensor.</summary>
    public CustomOp MergedSwiGlu() => new("swiglu", types => [types[0] with { Columns = types[0].Columns / 2 }], Gate);

    /// <summary>Makes the op <see cref="SwiGlu"/> with static FP8: of gate, up and the scale f32 [1, 1] it makes the codes that the
    /// quantization makes of what <see cref="SwiGlu"/> rounds.</summary>
    public CustomOp SwiGluFp8() => new("swiglu_fp8", types => [types[0] with { Elements = ElementType.Float8E4M3 }], Gate);

    /// <summary>Launches <see cref="Embedding"/>.</summary>
    protected abstract void Embed(CustomLaunch launch);

    /// <summary>Launches <see cref="Attention"/>, or <see cref="MergedAttention"/>, which has 3 inputs.</summary>
    protected abstract void Attend(CustomLaunch launch, int layer);

    /// <summary>Launches <see cref="SwiGlu"/>, <see cref="MergedSwiGlu"/>, which has one input, or <see cref="SwiGluFp8"/>, which has
    /// three.</summary>
    protected abstract void Gate(CustomLaunch launch);
}
