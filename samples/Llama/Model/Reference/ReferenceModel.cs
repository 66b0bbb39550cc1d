using Fusion.Graph;

namespace Llama.Model.Reference;

/// <summary>A token of a step.</summary>
/// <param name="Sequence">Number of the token's sequence.</param>
/// <param name="Position">Position in it, from 0.</param>
/// <param name="Token">Number of the token in the vocabulary.</param>
public readonly record struct StepToken(int Sequence, int Position, int Token);

/// <summary>A model on ranks on the CPU, in plain C#: what a GPU's results are compared with. It is meant for small models.</summary>
public sealed class ReferenceModel : IDisposable
{
    private readonly ModelConfig config;
    private readonly GrowingCache cache = new();
    private readonly CpuGraph graph;

    /// <summary>Makes a model and loads its weights.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="maxTokens">Largest number of tokens of a step.</param>
    /// <param name="passes">Configuration of the passes; null for all.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public ReferenceModel(Checkpoint checkpoint, int ranks = 1, int maxTokens = 64, FusionPassConfig? passes = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        config = checkpoint.Config;
        graph = new(checkpoint, ranks, maxTokens, cache, passes);
    }

    /// <summary>What the passes did.</summary>
    public FusionReport Report => graph.Report;

    /// <summary>Does a step: prefill, decode, or both for different sequences. Tokens of a sequence come in their order.</summary>
    /// <param name="tokens">Tokens of the step.</param>
    /// <returns>Logits of each token over the vocabulary.</returns>
    public float[][] Step(IReadOnlyList<StepToken> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        foreach (var token in tokens)
        {
            if ((uint)token.Token >= (uint)config.Vocabulary)
                throw new ArgumentException($"There is no token {token.Token} in a vocabulary of {config.Vocabulary}.", nameof(tokens));
        }

        return graph.Step(tokens, Enumerable.Range(0, tokens.Count));
    }

    /// <summary>Continues a text by the likeliest token each time, the lowest of equal ones.</summary>
    /// <param name="prompt">Tokens of the text.</param>
    /// <param name="count">Number of tokens to make; fewer if one ends the text.</param>
    /// <param name="sequence">Number of the sequence, whose keys and values are forgotten afterwards.</param>
    public int[] Generate(IReadOnlyList<int> prompt, int count, int sequence = 0)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var made = new List<int>();
        var logits = Step([.. prompt.Select((token, position) => new StepToken(sequence, position, token))])[^1];
        while (made.Count < count)
        {
            var next = Array.IndexOf(logits, logits.Max());
            made.Add(next);
            if (config.EndTokens.Contains(next) || made.Count == count) break;
            logits = Step([new(sequence, prompt.Count + made.Count - 1, next)])[0];
        }

        Forget(sequence);
        return [.. made];
    }

    /// <summary>Forgets a sequence's keys and values.</summary>
    /// <param name="sequence">Number of the sequence.</param>
    public void Forget(int sequence) => cache.Forget(sequence);

    /// <summary>Frees the model.</summary>
    public void Dispose() => graph.Dispose();
}
