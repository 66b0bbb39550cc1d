namespace Fusion.Runtime;

/// <summary>Checks that all ranks have the same plan, so that either all go ahead or none does.</summary>
internal static class PlanAgreement
{
    /// <param name="plans">Plans of all ranks, in any order.</param>
    /// <exception cref="RankGroupException">A rank's plan differs from that of the first rank.</exception>
    public static void Check(IReadOnlyList<RankPlan> plans)
    {
        RankPlan[] inOrder = [.. plans.OrderBy(plan => plan.Rank)];
        var first = inOrder[0];
        if (Array.Find(inOrder, plan => plan.Hash != first.Hash) is { } other)
            throw GroupErrors.PlanMismatch(first.Rank, other.Rank, Differences(first, other));
    }

    private static List<string> Differences(RankPlan a, RankPlan b)
    {
        var (left, right) = (new Dictionary<string, string>(a.Items), new Dictionary<string, string>(b.Items));
        return [.. a.Items.Concat(b.Items).Select(item => item.Key).Distinct()
            .Select(name => (Name: name, Left: Value(left, name), Right: Value(right, name)))
            .Where(item => item.Left != item.Right)
            .Select(item => $"{item.Name}: {item.Left} on rank {a.Rank}, {item.Right} on rank {b.Rank}")];
    }

    private static string Value(Dictionary<string, string> items, string name) => items.GetValueOrDefault(name, "not there");
}
