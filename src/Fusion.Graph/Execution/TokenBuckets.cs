using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Numbers of tokens for which runs are recorded as CUDA graphs.</summary>
internal sealed class TokenBuckets
{
    private const int LargestByDefault = 512;

    private readonly int[] sizes;

    /// <param name="given">Numbers of tokens; null for powers of two up to 512.</param>
    /// <param name="maxTokens">Largest number of tokens of a run.</param>
    /// <exception cref="FusionArgumentException">A number of tokens is out of range.</exception>
    public TokenBuckets(IReadOnlyList<int>? given, int maxTokens)
    {
        if (maxTokens < 1)
        {
            throw GraphErrors.Tokens(nameof(CompileOptions.MaxTokens),
                $"{nameof(CompileOptions.MaxTokens)} is {maxTokens}; a run has 1 token or more.");
        }

        sizes = given is null ? [.. PowersOfTwo(maxTokens)] : [.. given.Distinct().Order()];
        foreach (var size in sizes)
        {
            if (size >= 1 && size <= maxTokens) continue;
            throw GraphErrors.Tokens(nameof(CompileOptions.Buckets),
                $"A bucket has {size} tokens; allowed are 1 to {maxTokens}, the most of a run ({nameof(CompileOptions.MaxTokens)}).");
        }
    }

    /// <summary>Finds the smallest number of tokens that is at least the given one; null if there is none.</summary>
    public int? For(int tokens)
    {
        var index = Array.BinarySearch(sizes, tokens);
        if (index < 0) index = ~index;
        return index < sizes.Length ? sizes[index] : null;
    }

    private static IEnumerable<int> PowersOfTwo(int maxTokens)
    {
        for (var size = 1; size <= Math.Min(maxTokens, LargestByDefault); size *= 2) yield return size;
    }
}
