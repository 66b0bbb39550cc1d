using Llama.Model;
using Llama.Model.Running;

namespace Llama.Tests.Support;

/// <summary>A runner whose next token is a function of all tokens before, which it reads from pages as a model reads keys: a page that is
/// lost, shared or stale gives other tokens. It is fast, and does to a step what a test asks for.</summary>
internal sealed class PageRunner(RunnerLimits limits) : IModelRunner
{
    private readonly int[] memory = [.. Enumerable.Repeat(-1, limits.Pages * limits.PageSize)];

    public ModelConfig Config { get; } = Tiny.Llama with { Vocabulary = 50, EndTokens = [7] };

    public RunnerLimits Limits => limits;

    /// <inheritdoc/>
    public bool RunsAside { get; init; }

    /// <summary>Called before each step with its parts.</summary>
    public Action<IReadOnlyList<StepPart>>? OnStep { get; set; }

    public Action? OnRecover { get; set; }

    public int Steps { get; private set; }

    public int Recoveries { get; private set; }

    public bool IsDisposed { get; private set; }

    public int[] Run(IReadOnlyList<StepPart> parts)
    {
        Steps++;
        StepRules.ThrowUnlessFit(parts, limits, Config.Vocabulary);
        OnStep?.Invoke(parts);
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Tokens.Count; i++) memory[Slot(part, part.First + i)] = part.Tokens[i];
        }

        return [.. parts.Select(part => part.Choice is { } choice
            ? Choose(Enumerable.Range(0, part.First + part.Tokens.Count).Select(position => memory[Slot(part, position)]), choice) : -1)];
    }

    public float[][] LogitsOf(IReadOnlyList<StepPart> parts) => throw new NotSupportedException("There is no model behind this runner.");

    public void Recover()
    {
        Recoveries++;
        Array.Fill(memory, -1);
        OnRecover?.Invoke();
    }

    public void Dispose() => IsDisposed = true;

    /// <summary>Tokens that a request gets if it is alone.</summary>
    public int[] Alone(Llama.Serving.Request request)
    {
        var (tokens, made) = (request.Prompt.ToList(), new List<int>());
        while (made.Count < request.MaxTokens && !(request.StopsAtEndTokens && made.Count > 0 && Config.EndTokens.Contains(made[^1])))
        {
            var next = Choose(tokens, new(request.Temperature, request.TopP, request.RandomOf(made.Count)));
            made.Add(next);
            tokens.Add(next);
        }

        return [.. made];
    }

    private int Slot(StepPart part, int position) => (part.Pages[position / limits.PageSize] * limits.PageSize) + (position % limits.PageSize);

    private int Choose(IEnumerable<int> tokens, TokenChoice choice)
    {
        var state = 0x1234567u;
        foreach (var token in tokens) state = (state * 747796405) + (uint)token + 12345;
        var logits = new float[Config.Vocabulary];
        for (var i = 0; i < logits.Length; i++) logits[i] = ((state = (state * 747796405) + 2891336453) >> 8) / (float)(1 << 22);
        return TokenSampler.Choose(logits, choice);
    }
}
