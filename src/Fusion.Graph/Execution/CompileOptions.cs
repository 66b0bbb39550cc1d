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
    /// one or, where ranks do not all reach each other's memory, for an <see cref="NcclAllReduce"/> that they make together. There an
    /// <see cref="NcclAllReduce"/> does the graph's other collectives too.</summary>
    public ILibraryAllReduce? Library { get; init; }

    /// <summary>Whether the graph's all-reduces sum in two levels where the ranks are on several machines, as
    /// <see cref="AllReduceOptions.TwoLevel"/> says; false by default.</summary>
    public bool TwoLevel { get; init; }

    /// <summary>Whether kernels behind the graph's all-reduces may start as soon as these have, as
    /// <see cref="AllReduceOptions.StartsNextEarlyTokens"/> says, and only where it says so; false by default. It is done in runs whose matmuls all are of so
    /// few rows that their kernels read weights ahead (<see cref="FewRowsKind.Staged"/>), which is then done while ranks exchange.</summary>
    public bool StartsNextEarly { get; init; }

    /// <summary>Options of cuBLASLt, such as where it is; null for the defaults. It is needed by graphs with a <see cref="MatmulOp"/>
    /// alone, and where <see cref="Matmuls"/> chooses it.</summary>
    public MatmulOptions? Matmul { get; init; }

    /// <summary>Kernels that do the matmuls on GPUs: those of cuBLASLt by default, and the graph's own on emulated GPUs, which
    /// cuBLASLt does not know.</summary>
    public MatmulKernels Matmuls { get; init; }

    /// <summary>Largest number of rows, 32 at most, of a matmul that the graph's kernels for few rows do in place of those of
    /// <see cref="Matmuls"/>, as decode has them; 0 for none. Null, the default, is 8 in place of cuBLASLt's kernels, than which they were
    /// measured to be faster (docs/performance.md), and none in place of the graph's own.
    /// <para>Up to 16 rows are done by kernels that any GPU has, in which the sums of a row have the same bits for all numbers of rows
    /// (<see cref="FewRowsLaunch"/>). With a larger number they do up to 8 rows, for more of which they are slower than cuBLASLt, and
    /// kernels of warpgroups do the rest (<see cref="WarpgroupLaunch"/>): on GPUs of compute capability 9.0, where rows of the weight are multiples of
    /// 128 bytes; elsewhere it is left to <see cref="Matmuls"/>. Their sums are others, also the same for all numbers of rows.</para>
    /// <para>A row's results do not depend on the other rows, and their sums are those of tensor cores, in an order of their own. A matmul whose
    /// weight's rows are no multiple of 16 bytes is left to the others.</para></summary>
    public int? SkinnyRows { get; init; }
}

/// <summary>Kernels that do a graph's matmuls on GPUs.</summary>
public enum MatmulKernels
{
    /// <summary>Those of cuBLASLt; on emulated GPUs the graph's own.</summary>
    Automatic,

    /// <summary>Those of cuBLASLt, whose order of summation depends on the shape and the GPU.</summary>
    CublasLt,

    /// <summary>The graph's own: one f32 sum for each element, in the order of the columns, by fused multiply-adds. They give the bits
    /// of ranks on the CPU, on every GPU and for any number of tokens, without a library; they are many times slower than
    /// cuBLASLt.</summary>
    Own,
}
