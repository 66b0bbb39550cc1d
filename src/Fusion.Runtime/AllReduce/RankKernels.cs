namespace Fusion.Runtime;

/// <summary>The kernels that a rank needs, each with the most blocks that it may have.</summary>
internal sealed class RankKernels
{
    private readonly Entry oneShot;
    private readonly Entry twoShot;
    private readonly Entry epilogue;

    private RankKernels(KernelChoice choice, Entry oneShot, Entry twoShot, Entry epilogue) =>
        (Choice, this.oneShot, this.twoShot, this.epilogue) = (choice, oneShot, twoShot, epilogue);

    public KernelChoice Choice { get; }

    /// <summary>The most blocks of each kernel, by its name.</summary>
    public IEnumerable<KeyValuePair<string, int>> Caps =>
        new[] { oneShot, twoShot, epilogue }.Select(entry => KeyValuePair.Create(entry.Kernel.Name, entry.Cap));

    public Entry Epilogue => epilogue;

    /// <summary>Loads them.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Its group.</param>
    /// <param name="request">What the operation is made for.</param>
    /// <returns>Null on the CPU.</returns>
    /// <exception cref="NoRoomException">The ranks' blocks do not fit on the GPU.</exception>
    public static RankKernels? Load(Rank rank, RankGroup group, PlanRequest request)
    {
        if (rank.Room is not { } room) return null;
        var choice = KernelChoice.For(group.WorldSize, request.HiddenSize, request.DataType);
        var shared = MostSharedBytes(request.HiddenSize);
        // The same for all ranks, though fewer may be on this GPU: plans must agree.
        var ranksOnGpu = group.Ranks.GroupBy(other => other.Room).Max(ranks => ranks.Count());
        return new(
            choice,
            Find(choice.Exchange(AllReduceStrategy.OneShot)),
            Find(choice.Exchange(AllReduceStrategy.TwoShot)),
            Find(choice.Epilogue()));

        Entry Find(string name)
        {
            var kernel = room.Kernels.GetKernel(name);
            var device = room.Context.Device;
            var isProgrammatic = IsProgrammatic(device);
            var blocks = kernel.BlocksPerMultiprocessor(choice.Threads, shared);
            var cap = CoResidency.Cap(blocks, device.MultiprocessorCount, ranksOnGpu, isProgrammatic);
            if (cap >= 1) return new(kernel, cap);
            throw new NoRoomException(
                device.ToString(), name, ranksOnGpu, blocks * device.MultiprocessorCount,
                ranksOnGpu * CoResidency.KernelsAtATime(isProgrammatic));
        }
    }

    /// <summary>The kernel that exchanges.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    public Entry Exchange(AllReduceStrategy strategy) => strategy == AllReduceStrategy.OneShot ? oneShot : twoShot;

    private static bool IsProgrammatic(GpuDevice device) => device.Capability >= new Manifest.ComputeCapability(9, 0);

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
    /// <param name="Cap">The most blocks.</param>
    public readonly record struct Entry(Kernel Kernel, int Cap);
}
