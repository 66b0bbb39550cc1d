using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fusion.Runtime;

/// <summary>Plan of a rank, as far as all ranks must agree on it. Ranks compare hashes and, only where these differ, the
/// text, which is small enough to be sent between processes.</summary>
internal sealed class RankPlan
{
    private readonly List<KeyValuePair<string, string>> items = [];

    private RankPlan(int rank) => Rank = rank;

    /// <summary>Index of the rank.</summary>
    public int Rank { get; }

    /// <summary>Names and values of the plan, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Items => items;

    /// <summary>Items of the plan, one on each line.</summary>
    public string Text => string.Concat(items.Select(item => $"{item.Key}: {item.Value}\n"));

    /// <summary>SHA-256 of <see cref="Text"/>, equal for equal plans on every machine.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Makes the plan of a rank.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="request">The operation as the rank knows it.</param>
    /// <param name="timeout">Longest time that the rank waits for others.</param>
    /// <param name="layout">Layout of the rank's workspace.</param>
    /// <param name="grids">The most tokens at a time of each kernel; none on the CPU.</param>
    public static RankPlan Of(
        int rank, PlanRequest request, TimeSpan timeout, in WorkspaceLayout layout, IEnumerable<KeyValuePair<string, int>> grids)
    {
        var plan = new RankPlan(rank);
        plan.Add("world size", request.WorldSize);
        plan.Add("hidden size", request.HiddenSize);
        plan.Add("type", CallWords.WordOf(request.DataType));
        plan.Add("most tokens", request.MaxTokens);
        plan.Add("most tokens of one-shot", layout.MaxOneShotTokens);
        plan.Add("tokens of a piece of one-shot", layout.OneShotPiece);
        plan.Add("tokens of a piece of two-shot", layout.TwoShotPiece);
        plan.Add("workspace bytes", layout.Bytes);
        plan.Add("ranks of a machine in two levels", request.RanksOfAMachine);
        var row = request.Topology is GroupTopology.Cpu or GroupTopology.Machines
            ? null : request.Policy.RowFor(request.Capability, request.Topology, request.WorldSize, request.Gpu);
        plan.Add("one-shot's limit", row?.OneShotUpTo);
        plan.Add("two-shot's limit", row?.TwoShotUpTo);
        plan.Add("timeout", timeout);
        foreach (var (kernel, blocks) in grids) plan.Add($"blocks of {kernel}", blocks);
        return plan;
    }

    /// <summary>Makes the plan of a rank from its items.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="items">Names and values, in order.</param>
    public static RankPlan Of(int rank, IEnumerable<KeyValuePair<string, string>> items)
    {
        var plan = new RankPlan(rank);
        plan.items.AddRange(items);
        return plan;
    }

    /// <summary>Adds which library sums, where ranks make one together if they are given none.</summary>
    /// <param name="library">The library that was given; null for none.</param>
    public RankPlan WithLibrary(ILibraryAllReduce? library)
    {
        Add("library", library?.GetType().Name ?? "none given");
        return this;
    }

    private void Add<T>(string name, T value) =>
        items.Add(new(name, string.Create(CultureInfo.InvariantCulture, $"{value}") is { Length: > 0 } text ? text : "none"));
}
