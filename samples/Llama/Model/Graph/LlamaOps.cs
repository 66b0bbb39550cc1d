using Fusion.CublasLt;
using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Model.Graph;

/// <summary>Ops of a model that a graph calls and does not know. The numbers of tokens, positions and sequences are
/// i32.</summary>
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
    /// <see cref="MergedSwiGlu"/>. Otherwise the graph cuts them apart, which copies them, and in FP8 multiplies for each. Merged weights
    /// of FP8 have one scale, the largest of the projections'.</summary>
    public virtual bool TakesMergedProjections => false;

    /// <summary>Whether <see cref="MergedAttention"/> does the RMSNorm of each head of queries and keys, where a model has it (Qwen3). Otherwise the graph cuts
    /// queries, keys and values apart for it.</summary>
    public virtual bool NormsHeads => false;

    /// <summary>Whether attention and SwiGLU quantize their results to static FP8 by themselves: <see cref="AttentionFp8"/> and
    /// <see cref="SwiGluFp8"/>.</summary>
    public virtual bool FusesQuantization => false;

    /// <summary>Makes the op <see cref="Attention"/> of queries, keys and values in one tensor, positions and sequences. Where heads are normed, the weights of
    /// queries and of keys [1, head size] come before the positions.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="columns">Number of columns of the queries.</param>
    public CustomOp MergedAttention(int layer, int columns) =>
        new("attention", types => [types[0] with { Columns = columns }], launch => Attend(launch, layer));

    /// <summary>Makes the op <see cref="Attention"/> with static FP8: its last input is the scale f32 [1, 1], and it makes the codes that the
    /// quantization makes of what <see cref="Attention"/> rounds.</summary>
    /// <param name="layer">Index of the layer.</param>
    public CustomOp AttentionFp8(int layer) =>
        new("attention_fp8", types => [types[0] with { Elements = ElementType.Float8E4M3 }], launch => Attend(launch, layer));

    /// <summary>Makes the op <see cref="AttentionFp8"/> of queries, keys and values in one tensor, positions, sequences and the scale.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="columns">Number of columns of the queries.</param>
    public CustomOp MergedAttentionFp8(int layer, int columns) =>
        new("attention_fp8", types => [types[0] with { Columns = columns, Elements = ElementType.Float8E4M3 }], launch => Attend(launch, layer));

    /// <summary>Makes the op silu(gate) · up.</summary>
    public CustomOp SwiGlu() => new("swiglu", types => [types[0]], Gate);

    /// <summary>Makes the op <see cref="SwiGlu"/> of gate and up in one tensor.</summary>
    public CustomOp MergedSwiGlu() => new("swiglu", types => [types[0] with { Columns = types[0].Columns / 2 }], Gate) { LaunchWithMatmul = GateWithMatmul };

    /// <summary>Makes the op <see cref="SwiGlu"/> with static FP8: of gate, up and the scale f32 [1, 1] it makes the codes that the
    /// quantization makes of what <see cref="SwiGlu"/> rounds.</summary>
    public CustomOp SwiGluFp8() => new("swiglu_fp8", types => [types[0] with { Elements = ElementType.Float8E4M3 }], Gate);

    /// <summary>Makes the op <see cref="SwiGluFp8"/> of gate and up in one tensor, and the scale.</summary>
    public CustomOp MergedSwiGluFp8() => new("swiglu_fp8", types => [types[0] with { Columns = types[0].Columns / 2, Elements = ElementType.Float8E4M3 }], Gate)
    {
        LaunchWithMatmul = GateWithMatmul,
    };

    /// <summary>Launches <see cref="Embedding"/>.</summary>
    protected abstract void Embed(CustomLaunch launch);

    /// <summary>Launches <see cref="Attention"/>, or a form of it: where the output is e4m3, the last input is the scale; where the
    /// first has as many columns as queries, keys and values, it has all of them, and two weights of norms may follow it.</summary>
    protected abstract void Attend(CustomLaunch launch, int layer);

    /// <summary>Launches <see cref="SwiGlu"/>, or a form of it: where the output is e4m3, the last input is the scale; where there is
    /// one other, it is gate and up.</summary>
    protected abstract void Gate(CustomLaunch launch);

    /// <summary>Launches a form of <see cref="SwiGlu"/> of gate and up in one tensor, together with the matmul that makes that.</summary>
    /// <returns>False to have them launched one after the other.</returns>
    protected virtual bool GateWithMatmul(CustomLaunch launch, MatmulCall matmul) => false;
}
