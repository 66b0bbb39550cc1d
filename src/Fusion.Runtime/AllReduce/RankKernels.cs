using System.Numerics;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The kernels that a rank needs, each with the most blocks that it may have.</summary>
internal sealed class RankKernels
{
    private static readonly ComputeCapability FirstWithClusters = new(9, 0);

    private readonly Entry oneShot;
    private readonly Entry twoShot;
    private readonly Entry epilogue;

    private RankKernels(
        KernelChoice choice, RankOverlap overlap, int ranksOnGpu, int multiprocessors, Entry oneShot, Entry twoShot, Entry epilogue)
    {
        (Choice, Overlap, RanksOnGpu, Multiprocessors) = (choice, overlap, ranksOnGpu, multiprocessors);
        (this.oneShot, this.twoShot, this.epilogue) = (oneShot, twoShot, epilogue);
    }

    /// <summary>Which kernels, with how many threads.</summary>
    public KernelChoice Choice { get; }

    /// <summary>Whether its kernels may overlap.</summary>
    public RankOverlap Overlap { get; }

    /// <summary>Ranks that share a GPU, this one among them.</summary>
    public int RanksOnGpu { get; }

    /// <summary>Multiprocessors of the GPU.</summary>
    public int Multiprocessors { get; }

    /// <summary>The most blocks of each kernel, by its name.</summary>
    public IEnumerable<KeyValuePair<string, int>> Caps => new[] { oneShot, twoShot, epilogue }
        .SelectMany(entry => entry.Caps.Select((cap, i) => KeyValuePair.Create($"{entry.Kernel.Name} by {1 << i}", cap)));

    /// <summary>The kernel that does all but the sum.</summary>
    public Entry Epilogue => epilogue;

    /// <summary>Loads them.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Its group.</param>
    /// <param name="request">What the operation is made for.</param>
    /// <param name="overlapOnSharedGpu">The option of that name.</param>
    /// <returns>Null on the CPU.</returns>
    /// <exception cref="NoRoomException">The ranks' blocks do not fit on the GPU.</exception>
    public static RankKernels? Load(Rank rank, RankGroup group, PlanRequest request, bool overlapOnSharedGpu)
    {
        if (rank.Room is not { } room) return null;
        var device = room.Context.Device;
        var choice = KernelChoice.For(group.WorldSize, request.HiddenSize, request.DataType);
        var shared = MostSharedBytes(request.HiddenSize);
        // The same for all ranks, though fewer may be on this GPU: plans must agree.
        var ranksOnGpu = group.Ranks.GroupBy(other => other.Room).Max(ranks => ranks.Count());
        // Of code for older GPUs, as the PTX of compute_80 on any newer one, no kernel waits for the one before it, nor do blocks
        // know of a cluster.
        var isForHopper = room.Kernels.Modules.All(module => module.Image is { } image &&
            GpuArchitecture.Parse(image.Architecture).Capability >= FirstWithClusters);
        var overlap = !isForHopper ? RankOverlap.Never
            : ranksOnGpu == 1 ? RankOverlap.Always
            : overlapOnSharedGpu ? RankOverlap.WhereTwoFit : RankOverlap.Never;
        return new(
            choice, overlap, ranksOnGpu, device.MultiprocessorCount,
            Find(choice.Exchange(AllReduceStrategy.OneShot)),
            Find(choice.Exchange(AllReduceStrategy.TwoShot)),
            Find(choice.Epilogue()));

        Entry Find(string name)
        {
            var kernel = room.Kernels.GetKernel(name);
            var blocks = kernel.BlocksPerMultiprocessor(choice.Threads, shared);
            var cap = CoResidency.Cap(blocks * device.MultiprocessorCount, ranksOnGpu);
            if (cap < 1) throw new NoRoomException(device.ToString(), name, ranksOnGpu, blocks * device.MultiprocessorCount);
            return new(kernel, [cap, ClusterCap(kernel, 2), ClusterCap(kernel, 4), ClusterCap(kernel, 8)]);
        }

        int ClusterCap(Kernel kernel, int blocks)
        {
            if (choice.VectorsPerThread > 1 || !isForHopper) return 0;
            var shape = new LaunchShape(new GridSize(blocks), choice.ThreadsOf(blocks)) { Cluster = blocks };
            return CoResidency.Cap(kernel.ClustersAtATime(shape), ranksOnGpu);
        }
    }

    /// <summary>The kernel that exchanges.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    public Entry Exchange(AllReduceStrategy strategy) => strategy == AllReduceStrategy.OneShot ? oneShot : twoShot;

    /// <summary>Puts a kernel into a stream, in the shape that its work has. Allocates nothing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="entry">One of these kernels.</param>
    /// <param name="owners">Ranks that share the tokens: 1, or all in a two-shot.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="parameters">Filled, but for what depends on the shape.</param>
    public void Launch(
        GpuStream stream, in Entry entry, int owners, int sharedBytes, ref AllReduceParameters parameters)
    {
        var blocks = BlocksOfAToken(entry, parameters, sharedBytes);
        var grid = CoResidency.Grid(parameters.Tokens, entry.Cap(blocks), owners, Overlap);
        parameters.Overlap = grid.Overlaps ? 1 : 0;
        // Along y are the tokens, along x the blocks that share one.
        var shape = new LaunchShape(new GridSize(blocks, grid.Tokens), Choice.ThreadsOf(blocks))
        {
            Cluster = blocks > 1 ? new GridSize(blocks) : null,
            SharedBytes = sharedBytes,
            ProgrammaticLaunch = grid.Overlaps,
        };
        entry.Kernel.Launch(stream, shape, KernelArgument.Bytes(in parameters));
    }

    private int BlocksOfAToken(in Entry entry, in AllReduceParameters parameters, int sharedBytes)
    {
        // Groups whose largest number is found in a block's shared memory may not be cut.
        if (sharedBytes > 0) return 1;
        var vectors = parameters.Hidden / PlanRules.Vector;
        var blocks = RowSplit.Blocks(vectors, parameters.Ranks, parameters.Tokens, RanksOnGpu, Multiprocessors);
        return parameters.Tokens <= entry.Cap(blocks) ? blocks : 1;
    }

    // A call's quantization decides; the grid must not depend on it.
    private static int MostSharedBytes(int hidden)
    {
        var most = 0;
        for (var group = PlanRules.Vector; group <= hidden; group += PlanRules.Vector)
        {
            if (hidden % group == 0) most = Math.Max(most, KernelChoice.SharedBytes(Quantization.PerGroupFp8(group), hidden));
        }

        return most;
    }

    /// <param name="Kernel">The kernel.</param>
    /// <param name="Caps">The most tokens at a time, where a token has 1, 2, 4 or 8 blocks.</param>
    public readonly record struct Entry(Kernel Kernel, int[] Caps)
    {
        /// <summary>The most tokens at a time.</summary>
        /// <param name="blocks">Blocks of a token: 1, 2, 4 or 8.</param>
        public int Cap(int blocks) => Caps[BitOperations.Log2((uint)blocks)];
    }
}
