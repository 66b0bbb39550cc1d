using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Graph;
using Llama.Model.Running;

namespace Llama.Model.Reference;

/// <summary>A model's graph on ranks on the CPU, with its weights.</summary>
internal sealed class CpuGraph : IDisposable
{
    private readonly ModelConfig config;
    private readonly RankGroup group;
    private readonly bool ownsGroup;
    private readonly CompiledGraph graph;
    private readonly WholeLogits logits;

    /// <summary>Compiles the graph and loads the weights.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="maxTokens">Largest number of tokens of a step.</param>
    /// <param name="cache">Keys and values of the sequences.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public CpuGraph(Checkpoint checkpoint, int ranks, int maxTokens, ICpuCache cache, FusionPassConfig? passes, IProgress<long>? progress = null)
        : this(checkpoint, OnCpu(checkpoint, ranks), ownsGroup: true, maxTokens, cache, passes, progress)
    {
    }

    /// <summary>Compiles the graph and loads the weights of the ranks that this process has.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="group">Group of ranks on the CPU.</param>
    /// <param name="ownsGroup">Whether the group is disposed with this.</param>
    /// <param name="maxTokens">Largest number of tokens of a step.</param>
    /// <param name="cache">Keys and values of the sequences.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public CpuGraph(
        Checkpoint checkpoint, RankGroup group, bool ownsGroup, int maxTokens, ICpuCache cache, FusionPassConfig? passes, IProgress<long>? progress)
    {
        (config, this.group, this.ownsGroup) = (checkpoint.Config, group, ownsGroup);
        var ranks = group.WorldSize;
        try
        {
            config.ThrowUnlessDivisible(ranks);
            graph = LlamaGraph.Build(config, new CpuLlamaOps(config, ranks, cache), ranks).Compile(group, new() { MaxTokens = maxTokens, Passes = passes });
            var loaded = 0L;
            foreach (var rank in group.LocalRanks)
                GraphWeights.Set(graph, rank.Index, new(checkpoint, rank.Index, ranks), bytes => progress?.Report(loaded += bytes));
            logits = new(group, config.Vocabulary);
        }
        catch
        {
            graph?.Dispose();
            if (ownsGroup) group.Dispose();
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
        foreach (var rank in group.LocalRanks.Select(rank => rank.Index))
        {
            graph.SetInput<int>(rank, LlamaGraph.Tokens, [.. tokens.Select(token => token.Token)]);
            graph.SetInput<int>(rank, LlamaGraph.Positions, [.. tokens.Select(token => token.Position)]);
            graph.SetInput<int>(rank, LlamaGraph.Sequences, [.. tokens.Select(token => token.Sequence)]);
        }

        var run = graph.Run(tokens.Count);
        return [.. wanted.Select(token => logits.Read(run, token))];
    }

    /// <summary>Makes the graph usable again after a step that failed.</summary>
    public void Reset()
    {
        graph.Reset();
        logits.Reset();
    }

    /// <summary>Frees the graph, and the group if it is this one's.</summary>
    public void Dispose()
    {
        logits.Dispose();
        graph.Dispose();
        if (ownsGroup) group.Dispose();
    }

    private static RankGroup OnCpu(Checkpoint checkpoint, int ranks)
    {
        checkpoint.Config.ThrowUnlessDivisible(ranks);
        return RankGroup.OnCpu(ranks);
    }
}
