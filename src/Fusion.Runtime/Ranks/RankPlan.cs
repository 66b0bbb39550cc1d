using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fusion.Runtime;

/// <summary>What a rank is going to do, as far as all ranks must do the same. Ranks compare hashes, and only where these
/// differ the text, which is small enough to be sent from process to process.</summary>
internal sealed class RankPlan
{
    private readonly List<KeyValuePair<string, string>> items = [];

    private RankPlan()
    {
    }

    /// <summary>Names and values, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Items => items;

    /// <summary>The items as lines.</summary>
    public string Text => string.Concat(items.Select(item => $"{item.Key}: {item.Value}\n"));

    /// <summary>Equal for equal plans, on every machine.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>The plan of a rank.</summary>
    /// <param name="request">The operation as the rank knows it.</param>
    /// <param name="timeout">How long it waits.</param>
    /// <param name="layout">Its workspace.</param>
    /// <param name="grids">The most blocks of each kernel; none on the CPU.</param>
    public static RankPlan Of(
        PlanRequest request, TimeSpan timeout, in WorkspaceLayout layout, IEnumerable<KeyValuePair<string, int>> grids)
    {
        var plan = new RankPlan();
        plan.Add("world size", request.WorldSize);
        plan.Add("hidden size", request.HiddenSize);
        plan.Add("type", CallWords.WordOf(request.DataType));
        plan.Add("most tokens", request.MaxTokens);
        plan.Add("most tokens of one-shot", layout.MaxOneShotTokens);
        plan.Add("workspace bytes", layout.Bytes);
        var row = request.Topology == GroupTopology.Cpu
            ? null : request.Policy.RowFor(request.Capability, request.Topology, request.WorldSize);
        plan.Add("one-shot's limit", row?.OneShotUpTo);
        plan.Add("two-shot's limit", row?.TwoShotUpTo);
        plan.Add("timeout", timeout);
        foreach (var (kernel, blocks) in grids) plan.Add($"blocks of {kernel}", blocks);
        return plan;
    }

    private void Add<T>(string name, T value) =>
        items.Add(new(name, string.Create(CultureInfo.InvariantCulture, $"{value}") is { Length: > 0 } text ? text : "none"));
}
