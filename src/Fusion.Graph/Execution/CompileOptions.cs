using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>What a compiled graph is made for.</summary>
public sealed record CompileOptions
{
    /// <summary>The most tokens of a run, for which memory is planned.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Numbers of tokens that are recorded as CUDA graphs, each at its first use: a run takes the smallest that holds
    /// its tokens, and rows behind them are then undefined. Null for the powers of two up to 512; empty for none. Ranks on the
    /// CPU record nothing.</summary>
    public IReadOnlyList<int>? Buckets { get; init; }

    /// <summary>The graph's other groups, by name. A name that is not there is the group that the graph is compiled for; only
    /// one may not be there.</summary>
    public IReadOnlyDictionary<string, RankGroup> Groups { get; init; } = new Dictionary<string, RankGroup>();

    /// <summary>What custom ops do, by the op's name (<see cref="CustomOp.Name"/>), for those that the graph has no delegate
    /// of.</summary>
    public IReadOnlyDictionary<string, Action<CustomLaunch>> CustomOps { get; init; } =
        new Dictionary<string, Action<CustomLaunch>>();

    /// <summary>The longest that a rank waits for the others in an all-reduce.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What sums where the plan is separate kernels; null for our own.</summary>
    public ILibraryAllReduce? Library { get; init; }
}
