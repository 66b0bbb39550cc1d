namespace Llama.Model.Running;

/// <summary>What the parts of a step must be, for all runners.</summary>
public static class StepRules
{
    /// <summary>Checks the parts of a step.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="limits">Limits of the runner.</param>
    /// <param name="vocabulary">Number of tokens of the vocabulary.</param>
    /// <exception cref="ArgumentException">A part does not fit; the message has its index and the numbers.</exception>
    public static void ThrowUnlessFit(IReadOnlyList<StepPart> parts, RunnerLimits limits, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count < 1 || parts.Count > limits.MaxSequences)
            throw new ArgumentException($"The step has {parts.Count} sequences; allowed are 1 to {limits.MaxSequences}.", nameof(parts));
        if (parts.Sum(part => (long)part.Tokens.Count) is var tokens && tokens > limits.MaxTokens)
            throw new ArgumentException($"The step has {tokens} tokens; allowed are {limits.MaxTokens}.", nameof(parts));
        var ownerOf = new Dictionary<int, int>();
        for (var index = 0; index < parts.Count; index++)
        {
            if (Problem(parts[index], limits, vocabulary) is { } problem) throw new ArgumentException($"Part {index} of the step {problem}.", nameof(parts));
            foreach (var page in parts[index].Pages)
            {
                if (!ownerOf.TryAdd(page, index))
                    throw new ArgumentException($"Part {index} of the step has page {page}, which part {ownerOf[page]} has too.", nameof(parts));
            }

            if (parts[index].Choice is { } choice) TokenSampler.ThrowUnlessValid(choice);
        }
    }

    /// <summary>Checks a step that is begun before the one before it has ended.</summary>
    /// <param name="parts">Parts of the step.</param>
    /// <param name="before">Parts of the step before; null if it has ended.</param>
    /// <exception cref="ArgumentException">A part does not fit; the message has its index.</exception>
    public static void ThrowUnlessFollows(IReadOnlyList<StepPart> parts, IReadOnlyList<StepPart>? before)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (before?.FirstOrDefault(part => part.Choice is { Temperature: > 0 }) is not null)
            throw new ArgumentException("The step before chooses a token at random from its logits, which the next step would overwrite: end it first.", nameof(before));
        for (var index = 0; index < parts.Count; index++)
        {
            if (parts[index].Follows is not { } followed) continue;
            if (parts[index].Tokens.Count != 1)
                throw new ArgumentException($"Part {index} of the step follows a part of the step before and has {parts[index].Tokens.Count} tokens; it must have one.", nameof(parts));
            if (before is null || (uint)followed >= (uint)before.Count || before[followed].Choice is null)
                throw new ArgumentException($"Part {index} of the step follows part {followed} of the step before, which chooses no token.", nameof(parts));
        }
    }

    /// <summary>Puts the tokens of a step that has ended into the parts that follow it.</summary>
    /// <param name="parts">Parts of the next step.</param>
    /// <param name="before">The step; null if no part follows one.</param>
    /// <exception cref="ArgumentException">A part follows a step that is not there, or a part that chose no token.</exception>
    public static IReadOnlyList<StepPart> WithTokensOf(IReadOnlyList<StepPart> parts, IRunningStep? before)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.All(part => part.Follows is null)) return parts;
        var tokens = before?.Wait() ?? [];
        return [.. parts.Select((part, index) => part.Follows is not { } followed ? part
            : (uint)followed < (uint)tokens.Length && tokens[followed] >= 0 ? part with { Tokens = [tokens[followed]], Follows = null }
            : throw new ArgumentException($"Part {index} of the step follows part {followed} of the step before, which chose no token.", nameof(parts)))];
    }

    private static string? Problem(StepPart part, RunnerLimits limits, int vocabulary)
    {
        if (part.Tokens.Count == 0) return "has no tokens";
        if (part.First < 0) return $"begins at position {part.First}";
        var end = (long)part.First + part.Tokens.Count;
        if (end > limits.MaxContext) return $"ends at position {end} of a context of {limits.MaxContext} tokens";
        if (part.Pages.Count < limits.PagesFor((int)end)) return $"has {part.Pages.Count} pages of {limits.PageSize} tokens for {end} tokens";
        foreach (var page in part.Pages)
        {
            if ((uint)page >= (uint)limits.Pages) return $"has page {page} of a cache of {limits.Pages} pages";
        }

        foreach (var token in part.Tokens)
        {
            if ((uint)token >= (uint)vocabulary) return $"has token {token} of a vocabulary of {vocabulary}";
        }

        return null;
    }
}
