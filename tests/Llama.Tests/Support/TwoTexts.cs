using Llama.Model.Running;

namespace Llama.Tests.Support;

/// <summary>Two sequences that decode side by side, the first of which leaves in the middle.</summary>
internal static class TwoTexts
{
    private static readonly int[] Other = [1, 2, 3];

    /// <summary>Decodes.</summary>
    /// <param name="runner">What does the steps; a context of 8 pages is enough.</param>
    /// <param name="prompt">Prompt of the first sequence.</param>
    /// <param name="steps">Number of steps behind the prompts.</param>
    /// <param name="early">Whether each step is begun before the last one has ended.</param>
    /// <returns>Tokens of the prompts, and then of each step.</returns>
    public static int[][] Decode(IModelRunner runner, int[] prompt, int steps, bool early)
    {
        int[] first = [runner.Run([Part(prompt, 0, 0)])[0], runner.Run([Part(Other, 0, 16)])[0]];
        var made = new List<int[]> { first };
        var parts = Parts(0, first);
        var running = early ? runner.Begin(parts) : null;
        for (var step = 1; step <= steps; step++)
        {
            if (running is null)
            {
                made.Add(runner.Run(parts));
                parts = Parts(step, made[^1]);
                continue;
            }

            var behind = step < steps ? runner.Begin(Parts(step, null), running) : null;
            made.Add(running.Wait());
            running = behind!;
        }

        return [.. made];

        // Of tokens that are not known, those that are to come.
        StepPart[] Parts(int step, int[]? tokens)
        {
            StepPart At(int index, int length, int page) =>
                Part([tokens?[index] ?? 0], length + step, page) with { Follows = tokens is null ? index : null };

            return step < steps / 2 ? [At(0, prompt.Length, 0), At(1, Other.Length, 16)] : [At(step == steps / 2 ? 1 : 0, Other.Length, 16)];
        }
    }

    private static StepPart Part(int[] tokens, int first, int page) => new(tokens, first, [.. Enumerable.Range(0, 8).Select(i => page + (i ^ 1))], TokenChoice.Greedy);
}
