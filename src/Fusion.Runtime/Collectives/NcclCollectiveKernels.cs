using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A kernel that waits for no other rank.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Threads">Number of threads in a block.</param>
/// <param name="Cap">Number of blocks that fit on the GPU; more have their work one after the other.</param>
internal readonly record struct SeparateKernel(Kernel Kernel, int Threads, int Cap)
{
    /// <summary>Loads a kernel for a rank.</summary>
    /// <param name="gpu">GPU of the rank.</param>
    /// <param name="name">Name of the kernel.</param>
    /// <param name="threads">Number of threads in a block.</param>
    public static SeparateKernel Load(GroupGpu gpu, string name, int threads)
    {
        var kernel = gpu.BuiltInKernels(name).GetKernel(name);
        return new(kernel, threads, kernel.BlocksPerMultiprocessor(threads, 0) * gpu.Context.Device.MultiprocessorCount);
    }

    /// <summary>Launches the kernel. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="parameters">Its parameter.</param>
    /// <param name="blocks">Number of blocks for which there is work.</param>
    /// <param name="across">Number of times that many blocks, by the grid's second dimension.</param>
    public void Launch(GpuStream into, in CollectiveParameters parameters, long blocks, int across = 1) =>
        Kernel.Launch(into, new LaunchShape(new Dim3((int)Math.Min(blocks, Cap), across), Threads), KernelArgument.AddressOf(in parameters));
}

/// <summary>Kernels of a rank's GPU for collectives in which NCCL brings together what the ranks have.</summary>
internal sealed class NcclCollectiveKernels
{
    private readonly SeparateKernel[] choose;

    private NcclCollectiveKernels(SeparateKernel place, SeparateKernel merge, SeparateKernel[] choose) =>
        (PlaceColumns, MergeChoices, this.choose) = (place, merge, choose);

    /// <summary>Puts the parts that were gathered side by side.</summary>
    public SeparateKernel PlaceColumns { get; }

    /// <summary>Makes the choices of all ranks one.</summary>
    public SeparateKernel MergeChoices { get; }

    /// <summary>Gets the kernel that chooses from a rank's columns.</summary>
    /// <param name="type">Type of the columns.</param>
    public SeparateKernel ChooseColumns(ElementType type) => choose[Array.IndexOf(CollectiveKernels.Types, type)];

    /// <summary>Loads the kernels for a rank, all of them: loading one later would wait for calls that wait for this rank.</summary>
    /// <param name="rank">The rank, which is on a GPU.</param>
    public static NcclCollectiveKernels Load(Rank rank)
    {
        return new(
            Find("place_columns", KernelLimits.CollectiveThreads), Find("merge_choices", KernelLimits.CollectiveThreads),
            [.. CollectiveKernels.Types.Select(type => Find($"choose_columns_{CallWords.WordOf(type)}", KernelLimits.SelectionThreads))]);

        SeparateKernel Find(string name, int threads) => SeparateKernel.Load(rank.Gpu!, name, threads);
    }
}
