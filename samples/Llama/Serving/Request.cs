namespace Llama.Serving;

/// <summary>What a client asks for: tokens that follow a prompt. Immutable.</summary>
public sealed record Request
{
    /// <summary>Tokens of the prompt, 1 or more.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Largest number of tokens that are made, 1 or more.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>What logits are divided by; 0 takes the likeliest token.</summary>
    public float Temperature { get; init; }

    /// <summary>The likeliest tokens are kept until their probabilities sum to this; 1 keeps all.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Seed of the random numbers. On the CPU, the same request and seed give the same tokens, whatever else the server does. On GPUs
    /// logits may differ in their last bits with what is beside a request, and with whether it was preempted, unless the runner's options
    /// say otherwise; then tokens that are nearly equally likely may be others.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether a token that ends a text, as the model's configuration has them, ends the request. It is the last token that
    /// the client gets.</summary>
    public bool StopsAtEndTokens { get; init; } = true;

    /// <summary>Random number for one of the tokens, from 0 to below 1. It depends on the seed and the token's index alone, so that a
    /// request that is computed again, or beside others, goes the same way.</summary>
    /// <param name="index">Index of the token among those that are made.</param>
    public double RandomOf(int index)
    {
        // SplitMix64, entered at any of its steps. The seed is scattered first, since neighbouring seeds must not be a step apart.
        var state = Mix(Seed + 0x9E3779B97F4A7C15) + ((ulong)(uint)index * 0x9E3779B97F4A7C15);
        return (Mix(state) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
