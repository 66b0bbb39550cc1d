using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Graph;

namespace Llama.Model.Reference;

/// <summary>A model's graph on ranks on the CPU, with its weights.</summary>
internal sealed class CpuGraph : IDisposable
{
    private readonly ModelConfig config;
    private readonly RankGroup group;
    private readonly CompiledGraph graph;

    /// <summary>Compiles the graph and loads the weights.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="maxTokens">Largest number of tokens of a step.</param>
    /// <param name="cache">Keys and values of the sequences.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public CpuGraph(Checkpoint checkpoint, int ranks, int maxTokens, ICpuCache cache, FusionPassConfig? passes, IProgress<long>? progress = null)
    {
        config = checkpoint.Config;
        config.ThrowUnlessDivisible(ranks);
        group = RankGroup.OnCpu(ranks);
        try
        {
            graph = LlamaGraph.Build(config, new CpuLlamaOps(config, ranks, cache), ranks).Compile(group, new() { MaxTokens = maxTokens, Passes = passes });
            var loaded = 0L;
            for (var rank = 0; rank < ranks; rank++)
                GraphWeights.Set(graph, rank, new(checkpoint, rank, ranks), bytes => progress?.Report(loaded += bytes));
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>What the passes did.</summary>
    public FusionReport Report => graph.Report;

    /// <summary>Does a step.</summary>
    /// <param name="tokens">Tokens of the step.</param>
    /// <param name="wanted">Indices of the tokens whose logits are wanted.</param>
    /// <returns>Logits over the vocabulary of each wanted token.</returns>
    public float[][] Step(IReadOnlyList<StepToken> tokens, IEnumerable<int> wanted)
    {
        for (var rank = 0; rank < group.WorldSize; rank++)
        {
            graph.SetInput<int>(rank, LlamaGraph.Tokens, [.. tokens.Select(token => token.Token)]);
            graph.SetInput<int>(rank, LlamaGraph.Positions, [.. tokens.Select(token => token.Position)]);
            graph.SetInput<int>(rank, LlamaGraph.Sequences, [.. tokens.Select(token => token.Sequence)]);
        }

        var run = graph.Run(tokens.Count);
        var columns = config.Vocabulary / group.WorldSize;
        var parts = Enumerable.Range(0, group.WorldSize).Select(rank => run.Read<float>(rank, LlamaGraph.Logits)).ToArray();
        return [.. wanted.Select(token =>
        {
            var logits = new float[config.Vocabulary];
            for (var rank = 0; rank < parts.Length; rank++) parts[rank].AsSpan(token * columns, columns).CopyTo(logits.AsSpan(rank * columns));
            return logits;
        })];
    }

    /// <summary>Makes the graph usable again after a step that failed.</summary>
    public void Reset() => graph.Reset();

    /// <summary>Frees the graph and its group.</summary>
    public void Dispose()
    {
        graph.Dispose();
        group.Dispose();
    }
}
