using Fusion.Runtime;

namespace TensorParallelLayer;

/// <summary>A transformer layer of a tensor-parallel model, without its matmuls: two all-reduces, of which the second reads
/// what the first one made.</summary>
internal sealed class Layer : IDisposable
{
    private readonly ModelShape model;
    private readonly int tokens;
    private readonly RankState[] ranks;

    public Layer(RankGroup group, ModelShape model, int tokens)
    {
        (this.model, this.tokens) = (model, tokens);
        ranks = [.. group.Ranks.Select(rank => new RankState(rank, model, tokens))];
    }

    /// <summary>Runs the layer.</summary>
    /// <param name="allReduce">Runs the calls of all ranks, and returns when they are done.</param>
    /// <returns>For each all-reduce, what every rank has after it.</returns>
    public Dictionary<string, RankOutput[]> Run(Action<string, AllReduceCall[]> allReduce)
    {
        Dictionary<string, RankOutput[]> outputs = [];

        // Attention and its output projection leave partial sums on every rank.
        for (var rank = 0; rank < ranks.Length; rank++)
            ranks[rank].SetPartialSums(StandIns.AttentionPartialSums(rank, tokens, model.Hidden));
        AllReduce("after attention", rank => rank.AfterAttention);

        // The MLP reads the quantized norm; its down projection leaves partial sums again.
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            var activations = Activations.Of(model, ranks[rank].Read());
            ranks[rank].SetPartialSums(StandIns.MlpPartialSums(rank, activations, model.Hidden));
        }

        AllReduce("after MLP", rank => rank.AfterMlp);
        return outputs;

        void AllReduce(string step, Func<RankState, AllReduceCall> call)
        {
            allReduce(step, [.. ranks.Select(call)]);
            outputs[step] = [.. ranks.Select(rank => rank.Read())];
        }
    }

    public void Dispose() => Array.ForEach(ranks, rank => rank.Dispose());
}
