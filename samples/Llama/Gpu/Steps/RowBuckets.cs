namespace Llama.Gpu.Steps;

/// <summary>Numbers of rows to which steps are padded.</summary>
internal sealed class RowBuckets
{
    private const int LargestByDefault = 512;
    private const int LeastOfPrefill = 64;

    private readonly StepLayout layout;

    /// <param name="given">Numbers of rows that are recorded; null for the default.</param>
    /// <param name="layout">Most rows and sequences of a step.</param>
    public RowBuckets(IReadOnlyList<int>? given, StepLayout layout)
    {
        this.layout = layout;
        Body = given is null ? [.. ByDefault(layout)] : [.. given.Distinct().Order()];
        // Where the caller says which numbers there are, a sequence's bits are not to depend on how many choose beside it.
        Head = given is null ? [.. PowersUpTo(layout.MaxSequences)] : given.Count == 0 ? [] : [layout.MaxSequences];
    }

    /// <summary>Numbers of rows for which the model is recorded.</summary>
    public IReadOnlyList<int> Body { get; }

    /// <summary>Numbers of rows for which the projection to the vocabulary is recorded.</summary>
    public IReadOnlyList<int> Head { get; }

    /// <summary>Gets the number of rows of a step. Steps that are not decode alone have more than there may be sequences, by which
    /// attention tells them apart.</summary>
    public int RowsOf(StepPlan plan)
    {
        var least = plan.IsDecode ? plan.Tokens : Math.Max(plan.Tokens, layout.MaxSequences + 1);
        return SmallestOf(Body, least);
    }

    /// <summary>Gets the number of rows of the projection to the vocabulary; 0 if no token is chosen.</summary>
    public int ChosenRowsOf(StepPlan plan) => plan.Choosing.Count == 0 ? 0 : SmallestOf(Head, plan.Choosing.Count);

    private static int SmallestOf(IReadOnlyList<int> buckets, int least) => buckets.FirstOrDefault(bucket => bucket >= least, least);

    private static IEnumerable<int> ByDefault(StepLayout layout)
    {
        foreach (var size in PowersUpTo(layout.MaxSequences)) yield return size;
        var most = Math.Min(LargestByDefault, layout.MaxRows);
        for (var size = LeastOfPrefill; size < most; size *= 2)
        {
            if (size > layout.MaxSequences) yield return size;
        }

        if (most > layout.MaxSequences) yield return most;
    }

    private static IEnumerable<int> PowersUpTo(int most)
    {
        for (var size = 1; size < most; size *= 2) yield return size;
        yield return most;
    }
}
