using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The kernels that a rank needs, each with the most blocks that it may have.</summary>
internal sealed class RankKernels
{
    private static readonly ComputeCapability FirstWithOverlap = new(9, 0);

    private readonly Entry oneShot;
    private readonly Entry twoShot;
    private readonly Entry epilogue;

    private RankKernels(KernelChoice choice, bool mayOverlap, Entry oneShot, Entry twoShot, Entry epilogue)
    {
        (Choice, MayOverlap) = (choice, mayOverlap);
        (this.oneShot, this.twoShot, this.epilogue) = (oneShot, twoShot, epilogue);
    }

    /// <summary>Which kernels, with how many threads.</summary>
    public KernelChoice Choice { get; }

    /// <summary>Whether the GPU has programmatic dependent launch.</summary>
    public bool MayOverlap { get; }

    /// <summary>The most blocks of each kernel, by its name.</summary>
    public IEnumerable<KeyValuePair<string, int>> Caps =>
        new[] { oneShot, twoShot, epilogue }.Select(entry => KeyValuePair.Create(entry.Kernel.Name, entry.Cap));

    /// <summary>The kernel that does all but the sum.</summary>
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
            room.Context.Device.Capability >= FirstWithOverlap,
            Find(choice.Exchange(AllReduceStrategy.OneShot)),
            Find(choice.Exchange(AllReduceStrategy.TwoShot)),
            Find(choice.Epilogue()));

        Entry Find(string name)
        {
            var kernel = room.Kernels.GetKernel(name);
            var device = room.Context.Device;
            var blocks = kernel.BlocksPerMultiprocessor(choice.Threads, shared);
            var cap = CoResidency.Cap(blocks, device.MultiprocessorCount, ranksOnGpu);
            if (cap >= 1) return new(kernel, cap);
            throw new NoRoomException(
                device.ToString(), name, ranksOnGpu, blocks * device.MultiprocessorCount);
        }
    }

    /// <summary>The kernel that exchanges.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    public Entry Exchange(AllReduceStrategy strategy) => strategy == AllReduceStrategy.OneShot ? oneShot : twoShot;

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
