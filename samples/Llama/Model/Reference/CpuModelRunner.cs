using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Running;

namespace Llama.Model.Reference;

/// <summary>Does the steps of a model on ranks on the CPU, with a cache of pages. It is meant for small models.</summary>
public sealed class CpuModelRunner : IModelRunner
{
    private readonly CpuGraph graph;
    private readonly PagedCache cache;

    /// <summary>Makes a runner and loads the weights.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="limits">How much a step and the cache hold; the context is the model's at most.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far, of all ranks; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes, or a limit is less than 1.</exception>
    /// <exception cref="CheckpointException">A scale is no number above 0.</exception>
    public CpuModelRunner(
        Checkpoint checkpoint, RunnerLimits limits, int ranks = 1, FusionPassConfig? passes = null, IProgress<long>? progress = null)
        : this(checkpoint, limits, ranks, cache => new(checkpoint, ranks, limits.MaxTokens, cache, passes, progress))
    {
    }

    /// <summary>Makes a runner on ranks of which this process may have one and others the others: all then do the same steps.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="group">Group of ranks on the CPU, to be disposed after the runner.</param>
    /// <param name="limits">How much a step and the cache hold; the context is the model's at most.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far, of this process's ranks; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes, or a limit is less than 1.</exception>
    /// <exception cref="CheckpointException">A scale is no number above 0.</exception>
    public CpuModelRunner(
        Checkpoint checkpoint, RankGroup group, RunnerLimits limits, FusionPassConfig? passes = null, IProgress<long>? progress = null)
        : this(
            checkpoint, limits, (group ?? throw new ArgumentNullException(nameof(group))).WorldSize,
            cache => new(checkpoint, group, ownsGroup: false, limits.MaxTokens, cache, passes, progress))
    {
    }

    private CpuModelRunner(Checkpoint checkpoint, RunnerLimits limits, int ranks, Func<PagedCache, CpuGraph> make)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (Math.Min(Math.Min(limits.MaxTokens, limits.MaxSequences), Math.Min(Math.Min(limits.PageSize, limits.Pages), limits.MaxContext)) < 1)
            throw new ArgumentException($"The limits are {limits}; each must be 1 or more.", nameof(limits));
        Config = checkpoint.Config;
        Limits = limits with { MaxContext = Math.Min(limits.MaxContext, Config.Context) };
        Config.ThrowUnlessDivisible(ranks);
        cache = new(ranks, Config.Layers, limits.Pages, limits.PageSize);
        graph = make(cache);
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public RunnerLimits Limits { get; }

    /// <summary>What the passes did.</summary>
    public FusionReport Report => graph.Report;

    /// <inheritdoc/>
    /// <exception cref="LogitsException">The logits of a sequence are no numbers.</exception>
    public int[] Run(IReadOnlyList<StepPart> parts)
    {
        var logits = LogitsOf(parts);
        var choosing = Choosing(parts);
        var chosen = new int[parts.Count];
        Array.Fill(chosen, -1);
        for (var i = 0; i < choosing.Length; i++) chosen[choosing[i]] = Choose(choosing[i], parts[choosing[i]], logits[i]);
        return chosen;
    }

    /// <inheritdoc/>
    public float[][] LogitsOf(IReadOnlyList<StepPart> parts)
    {
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        cache.SetTables([.. parts.Select(part => part.Pages)]);
        var tokens = new List<StepToken>();
        var lastOf = new int[parts.Count];
        for (var index = 0; index < parts.Count; index++)
        {
            tokens.AddRange(parts[index].Tokens.Select((token, i) => new StepToken(index, parts[index].First + i, token)));
            lastOf[index] = tokens.Count - 1;
        }

        return graph.Step(tokens, Choosing(parts).Select(index => lastOf[index]));
    }

    /// <inheritdoc/>
    public void Recover()
    {
        graph.Reset();
        cache.Clear();
    }

    /// <summary>Frees the model.</summary>
    public void Dispose() => graph.Dispose();

    private static int[] Choosing(IReadOnlyList<StepPart> parts) =>
        [.. Enumerable.Range(0, parts.Count).Where(index => parts[index].Choice is not null)];

    private static int Choose(int index, StepPart part, float[] logits)
    {
        try
        {
            return TokenSampler.Choose(logits, part.Choice!.Value);
        }
        catch (ArithmeticException e)
        {
            throw new LogitsException(index, part.First + part.Tokens.Count - 1, e);
        }
    }
}
