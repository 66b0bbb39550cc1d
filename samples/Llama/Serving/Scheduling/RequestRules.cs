using Llama.Model.Running;

namespace Llama.Serving.Scheduling;

/// <summary>What a request must be.</summary>
internal static class RequestRules
{
    /// <summary>Checks that a request can be done if it has the whole cache.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">Limits of the runner.</param>
    /// <param name="vocabulary">Number of tokens of the vocabulary.</param>
    /// <exception cref="RequestRefusedException">It cannot; the message has the numbers.</exception>
    public static void ThrowUnlessPossible(Request request, RunnerLimits limits, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Prompt.Count == 0) throw new RequestRefusedException("The prompt has no tokens; expected is 1 or more.");
        foreach (var token in request.Prompt)
        {
            if ((uint)token >= (uint)vocabulary) throw new RequestRefusedException($"The prompt has token {token}; the model's vocabulary has {vocabulary}.");
        }

        if (request.MaxTokens < 1) throw new RequestRefusedException($"{request.MaxTokens} tokens are asked for; expected is 1 or more.");
        try
        {
            TokenSampler.ThrowUnlessValid(new(request.Temperature, request.TopP, 0));
        }
        catch (ArgumentException e)
        {
            throw new RequestRefusedException(e.Message, e);
        }

        var all = (long)request.Prompt.Count + request.MaxTokens;
        var asked = $"The prompt has {request.Prompt.Count} tokens, and {request.MaxTokens} are to be made, {all} together";
        if (all > limits.MaxContext)
            throw new RequestRefusedException($"{asked}; the longest context has {limits.MaxContext}. Shorten the prompt, or ask for fewer.");
        var room = (long)limits.Pages * limits.PageSize;
        if (all > room)
        {
            throw new RequestRefusedException(
                $"{asked}; the cache holds {room} ({limits.Pages} pages of {limits.PageSize}). Shorten the prompt, ask for fewer, or make the cache larger.");
        }
    }
}
