using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Kernels of a rank's GPU for sums in two levels.</summary>
/// <param name="ReduceScatter">Sums within the machine, of which each rank gets a part.</param>
/// <param name="AllGather">Brings the parts of the machine's ranks together.</param>
/// <param name="WriteFailure">Says to the other machines whether the rank gave up.</param>
/// <param name="ReadFailure">Hears whether a rank of another machine gave up.</param>
internal sealed record TwoLevelKernels(CollectiveKernel ReduceScatter, CollectiveKernel AllGather, SeparateKernel WriteFailure, SeparateKernel ReadFailure)
{
    /// <summary>Kernels that wait for other ranks.</summary>
    public IReadOnlyList<CollectiveKernel> Waiting => [ReduceScatter, AllGather];

    /// <summary>Gets the name of the kernel that sums within a machine.</summary>
    /// <param name="type">Type of the sum.</param>
    public static string ReduceScatterOf(ElementType type) => $"reduce_scatter_{CallWords.WordOf(type)}";

    /// <summary>Loads the kernels for a rank.</summary>
    /// <param name="gpu">GPU of the rank.</param>
    /// <param name="ranksOnGpu">Largest number of ranks of the group that share a GPU.</param>
    /// <param name="type">Type of the sums.</param>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on the GPU.</exception>
    public static TwoLevelKernels Load(GroupGpu gpu, int ranksOnGpu, ElementType type) => new(
        CollectiveKernel.Load(gpu, ranksOnGpu, ReduceScatterOf(type), KernelLimits.CollectiveThreads, 0),
        CollectiveKernel.Load(gpu, ranksOnGpu, $"all_gather_{CallWords.WordOf(type)}", KernelLimits.CollectiveThreads, 0),
        SeparateKernel.Load(gpu, "write_failure_word", 1), SeparateKernel.Load(gpu, "read_failure_word", 1));
}
