namespace Llama.Model.Running;

/// <summary>What does the steps of a model: ranks on the CPU or on GPUs. One thread at a time uses it.</summary>
public interface IModelRunner : IDisposable
{
    /// <summary>Shape of the model.</summary>
    ModelConfig Config { get; }

    /// <summary>How much a step and the cache of keys and values hold.</summary>
    RunnerLimits Limits { get; }

    /// <summary>Does a step: prefill, decode, or both for different sequences.</summary>
    /// <param name="parts">A part for each sequence of the step, of <see cref="RunnerLimits.MaxTokens"/> tokens together or fewer.</param>
    /// <returns>For each part the token that was chosen, or -1 where its <see cref="StepPart.Choice"/> is null.</returns>
    /// <exception cref="ArgumentException">A part does not fit the limits, or has a token that is not in the vocabulary.</exception>
    /// <exception cref="LogitsException">The logits of a sequence are no numbers. The step may be done again without it.</exception>
    int[] Run(IReadOnlyList<StepPart> parts);

    /// <summary>Whether a step that is begun has its own time, in which the host goes on. Where it has not, nothing is won by beginning a step early.</summary>
    bool RunsAside => false;

    /// <summary>Begins a step, also behind one that has not ended, whose tokens it may go on with before anybody has seen them. So the host's work for a
    /// step is done while the one before runs.</summary>
    /// <param name="parts">Parts of the step, as of <see cref="Run"/>; those with <see cref="StepPart.Follows"/> take the token of a part of the step before.</param>
    /// <param name="before">The step that was begun last, if it has not ended; the one before that must have. All its tokens are the likeliest ones
    /// (<see cref="TokenChoice.Temperature"/> 0), or none are chosen.</param>
    /// <returns>The step. Wait for each, in the order in which they were begun, also behind one that failed.</returns>
    /// <exception cref="ArgumentException">A part does not fit the limits or the step before, or has a token that is not in the vocabulary.</exception>
    IRunningStep Begin(IReadOnlyList<StepPart> parts, IRunningStep? before = null) => new FinishedStep(() => Run(StepRules.WithTokensOf(parts, before)));

    /// <summary>Does a step and gives the logits of the parts that choose, instead of their tokens.</summary>
    /// <param name="parts">Parts of the step, as of <see cref="Run"/>.</param>
    /// <returns>Logits over the whole vocabulary behind the last token of each part whose choice is not null, in the order of the
    /// parts.</returns>
    /// <exception cref="ArgumentException">A part does not fit the limits, or has a token that is not in the vocabulary.</exception>
    float[][] LogitsOf(IReadOnlyList<StepPart> parts);

    /// <summary>Makes the runner usable after a step that failed because a rank did not come. The cache is lost.</summary>
    void Recover();
}

/// <summary>How much a step and the cache of keys and values hold.</summary>
/// <param name="MaxTokens">Largest number of tokens of a step.</param>
/// <param name="MaxSequences">Largest number of sequences of a step.</param>
/// <param name="PageSize">Number of tokens of a page of the cache.</param>
/// <param name="Pages">Number of pages of the cache.</param>
/// <param name="MaxContext">Largest number of tokens of a sequence.</param>
public readonly record struct RunnerLimits(int MaxTokens, int MaxSequences, int PageSize, int Pages, int MaxContext)
{
    /// <summary>Number of pages for a number of tokens of one sequence.</summary>
    /// <param name="tokens">Number of tokens.</param>
    public int PagesFor(int tokens) => (tokens + PageSize - 1) / PageSize;
}

/// <summary>A sequence's part of a step: tokens that follow those whose keys and values are in the cache.</summary>
/// <param name="Tokens">Numbers of the tokens; one in decode, more in prefill.</param>
/// <param name="First">Position of the first of them in the sequence, from 0.</param>
/// <param name="Pages">Pages of the cache that the sequence owns, in the order of its tokens, with room for these too.</param>
/// <param name="Choice">How the token after the last one is chosen; null if none is wanted, as within a prompt.</param>
public sealed record StepPart(IReadOnlyList<int> Tokens, int First, IReadOnlyList<int> Pages, TokenChoice? Choice)
{
    /// <summary>Index of the part of the step before whose chosen token is this part's only one; what stands in <see cref="Tokens"/> does not matter then. Null
    /// for a part whose tokens are known.</summary>
    public int? Follows { get; init; }
}

/// <summary>How a token is chosen.</summary>
/// <param name="Temperature">What logits are divided by; 0 takes the likeliest token, the lowest of equal ones.</param>
/// <param name="TopP">The likeliest tokens are kept until their probabilities sum to this; 1 keeps all.</param>
/// <param name="Random">Number from 0 to below 1 that decides among them.</param>
public readonly record struct TokenChoice(float Temperature, float TopP, double Random)
{
    /// <summary>Takes the likeliest token.</summary>
    public static TokenChoice Greedy => new(0, 1, 0);
}
