using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A kernel of a collective, with the shape of its blocks.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Threads">Number of threads in a block.</param>
/// <param name="OnMultiprocessor">Occupancy, in blocks on a multiprocessor.</param>
/// <param name="Cap">The most blocks that a rank may launch.</param>
internal readonly record struct CollectiveKernel(Kernel Kernel, int Threads, int OnMultiprocessor, int Cap)
{
    /// <summary>Loads a kernel for a rank.</summary>
    /// <param name="gpu">GPU of the rank.</param>
    /// <param name="ranksOnGpu">Largest number of ranks of the group that share a GPU.</param>
    /// <param name="name">Name of the kernel.</param>
    /// <param name="threads">Number of threads in a block.</param>
    /// <param name="sharedBytes">Largest dynamic shared memory of a block, in bytes.</param>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on the GPU.</exception>
    public static CollectiveKernel Load(GroupGpu gpu, int ranksOnGpu, string name, int threads, int sharedBytes)
    {
        var kernel = gpu.BuiltInKernels(name).GetKernel(name);
        var device = gpu.Context.Device;
        var onMultiprocessor = kernel.BlocksPerMultiprocessor(threads, sharedBytes);
        var blocks = onMultiprocessor * device.MultiprocessorCount;
        var cap = CoResidency.Cap(blocks, ranksOnGpu);
        if (cap < 1) throw GroupErrors.CoResidency(device.ToString(), name, ranksOnGpu, blocks);
        return new(kernel, threads, onMultiprocessor, cap);
    }

    /// <summary>Launches the kernel for each piece of a call. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="parameters">Parameters of the call, whose pieces are filled in.</param>
    /// <param name="units">Number of units of the call.</param>
    /// <param name="unitBytes">Size of a unit in a slot, in bytes.</param>
    /// <param name="unitsOfABlock">Number of units that a block does at a time.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block, in bytes.</param>
    /// <param name="most">The most blocks of a launch.</param>
    public void LaunchPieces(
        GpuStream into, ref CollectiveParameters parameters, long units, long unitBytes, int unitsOfABlock, int sharedBytes, int most)
    {
        // The same on all ranks, whatever else is on their GPUs: it depends on the workspace alone.
        var piece = (long)parameters.SlotBytes / unitBytes;
        for (var first = 0L; first < units; first += piece)
        {
            (parameters.First, parameters.Count) = (first, Math.Min(piece, units - first));
            var blocks = Math.Min((parameters.Count + unitsOfABlock - 1) / unitsOfABlock, most);
            Kernel.Launch(into, new LaunchShape((int)blocks, Threads) { SharedBytes = sharedBytes }, KernelArgument.AddressOf(in parameters));
        }
    }
}

/// <summary>Kernels of the collectives on a rank's GPU.</summary>
internal sealed class CollectiveKernels
{
    /// <summary>Types of inputs, each of which has kernels of its own.</summary>
    public static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    private readonly CollectiveKernel[] kernels;

    private CollectiveKernels(CollectiveKernel[] kernels) => this.kernels = kernels;

    /// <summary>Occupancies of the kernels, in blocks on a multiprocessor, each once.</summary>
    public int[] BlocksPerMultiprocessor => [.. kernels.Select(kernel => kernel.OnMultiprocessor).Distinct()];

    /// <summary>The most blocks of each kernel, by its name.</summary>
    public IEnumerable<KeyValuePair<string, string>> Caps => kernels.Select(kernel => KeyValuePair.Create($"blocks of {kernel.Kernel.Name}", $"{kernel.Cap}"));

    /// <summary>Gets the kernel of a call.</summary>
    /// <param name="call">The call.</param>
    public CollectiveKernel For(in CollectiveCall call) => kernels[(Array.IndexOf(Types, call.Input.Type) * 3) + call.Kind switch
    {
        CollectiveKind.ReduceScatterRows => 1,
        CollectiveKind.TopK => 2,
        _ => 0,
    }];

    /// <summary>Computes the dynamic shared memory of a block that chooses, in bytes: a list of each rank.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="choices">Number of choices of a row.</param>
    public static int SharedBytes(int ranks, int choices) => ranks * Pairs(choices) * 2 * sizeof(ulong);

    /// <summary>Number of slots of a row of choices, two of which go into a slot.</summary>
    /// <param name="choices">Number of choices of a row.</param>
    public static int Pairs(int choices) => (choices + 1) / 2;

    /// <summary>Loads the kernels for a rank, all of them: loading one later would wait for calls that wait for this rank.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Group of the rank.</param>
    /// <returns>The kernels; null on the CPU.</returns>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on the GPU.</exception>
    public static CollectiveKernels? Load(Rank rank, RankGroup group)
    {
        if (rank.Gpu is not { } gpu) return null;
        return new([.. Types.SelectMany(type => new[]
        {
            Find($"all_gather_{CallWords.WordOf(type)}", KernelLimits.CollectiveThreads, 0),
            Find($"reduce_scatter_{CallWords.WordOf(type)}", KernelLimits.CollectiveThreads, 0),
            Find($"top_k_{CallWords.WordOf(type)}", KernelLimits.SelectionThreads, SharedBytes(group.WorldSize, KernelLimits.MostChoices)),
        })]);

        CollectiveKernel Find(string name, int threads, int sharedBytes) => CollectiveKernel.Load(gpu, group.RanksOnGpu, name, threads, sharedBytes);
    }
}
