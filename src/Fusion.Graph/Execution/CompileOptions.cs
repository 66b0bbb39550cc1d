using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Options of a compiled graph: largest run, recorded sizes, groups, custom ops, timeout and library.</summary>
public sealed record CompileOptions
{
    /// <summary>Largest number of tokens of a run, for which memory is planned.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Configuration of the passes; null for all passes.</summary>
    public FusionPassConfig? Passes { get; init; }

    /// <summary>Numbers of tokens for which runs are recorded as CUDA graphs, each at its first use. A run uses the smallest
    /// one that holds its tokens; rows behind its tokens are then undefined. Null for the powers of two up to 512, empty for
    /// none. Ranks on the CPU record nothing.</summary>
    public IReadOnlyList<int>? Buckets { get; init; }

    /// <summary>Groups of the graph by name, except the one that the graph is compiled for. At most one name may be
    /// missing.</summary>
    public IReadOnlyDictionary<string, RankGroup> Groups { get; init; } = new Dictionary<string, RankGroup>();

    /// <summary>Delegates of custom ops by <see cref="CustomOp.Name"/>. They come before a delegate in the graph.</summary>
    public IReadOnlyDictionary<string, Action<CustomLaunch>> CustomOps { get; init; } =
        new Dictionary<string, Action<CustomLaunch>>();

    /// <summary>Longest time that a rank waits for the others in an all-reduce; 10 seconds by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Library that does the plain all-reduce of <see cref="AllReduceStrategy.Separate"/>; null for the built-in
    /// one.</summary>
    public ILibraryAllReduce? Library { get; init; }

    /// <summary>Options of the matmuls on GPUs, such as where cuBLASLt is; null for the defaults. cuBLASLt is needed by graphs with
    /// a <see cref="MatmulOp"/> alone.</summary>
    public MatmulOptions? Matmul { get; init; }
}
