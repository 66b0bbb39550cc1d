namespace Fusion.Runtime;

/// <summary>Checks that all ranks have the same plan, so that either all go ahead or none does.</summary>
internal static class PlanAgreement
{
    /// <exception cref="PlanMismatchException">A rank's plan differs from rank 0's.</exception>
    public static void Check(IReadOnlyList<RankPlan> plans)
    {
        for (var rank = 1; rank < plans.Count; rank++)
        {
            if (plans[rank].Hash != plans[0].Hash)
                throw new PlanMismatchException(0, rank, Differences(0, plans[0], rank, plans[rank]));
        }
    }

    private static List<string> Differences(int first, RankPlan a, int second, RankPlan b)
    {
        var (left, right) = (new Dictionary<string, string>(a.Items), new Dictionary<string, string>(b.Items));
        return [.. a.Items.Concat(b.Items).Select(item => item.Key).Distinct()
            .Select(name => (Name: name, Left: Value(left, name), Right: Value(right, name)))
            .Where(item => item.Left != item.Right)
            .Select(item => $"{item.Name}: {item.Left} on rank {first}, {item.Right} on rank {second}")];
    }

    private static string Value(Dictionary<string, string> items, string name) => items.GetValueOrDefault(name, "not there");
}
