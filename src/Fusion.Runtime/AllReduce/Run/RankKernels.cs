using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Kernels of an operation on a rank's GPU, each with the most blocks that it may have.</summary>
internal sealed class RankKernels
{
    private readonly Set builtIn;
    private readonly Set[] variants;

    private RankKernels(AllReduceKernels kernels, int ranksOnGpu, int multiprocessors, Set builtIn, Set[] variants)
    {
        (Variants, RanksOnGpu, Multiprocessors) = (kernels, ranksOnGpu, multiprocessors);
        (this.builtIn, this.variants) = (builtIn, variants);
    }

    /// <summary>Kernels compiled for one model; a variant is named by its index in them, the built-in kernels by
    /// -1.</summary>
    public AllReduceKernels Variants { get; }

    /// <summary>Kernels for sums in two levels; null where there are none.</summary>
    public TwoLevelKernels? TwoLevel { get; private init; }

    /// <summary>Largest number of tokens of calls behind which the next kernel may start as soon as the operation's has
    /// (<see cref="AllReduceOptions.StartsNextEarlyTokens"/>); 0 where ranks share a GPU.</summary>
    public int StartsNextEarlyTokens { get; private init; }

    /// <summary>Largest number of ranks that share a GPU in the group.</summary>
    public int RanksOnGpu { get; }

    /// <summary>Number of multiprocessors of the GPU.</summary>
    public int Multiprocessors { get; }

    /// <summary>The most tokens at a time of each kernel, by its name and the number of blocks that share a token.</summary>
    public IEnumerable<KeyValuePair<string, int>> Caps => variants.Prepend(builtIn).SelectMany(set => set.All)
        .SelectMany(kernel => kernel.Caps.Select((cap, i) => KeyValuePair.Create($"{kernel.Kernel.Name} by {1 << i}", cap)))
        .Concat((TwoLevel?.Waiting ?? []).Select(kernel => KeyValuePair.Create(kernel.Kernel.Name, kernel.Cap)));

    /// <summary>Occupancies of the kernels that wait for other ranks, in blocks on a multiprocessor, each once.</summary>
    public int[] BlocksPerMultiprocessor => [.. variants.Prepend(builtIn)
        .SelectMany(set => set.OneShot.Concat(set.TwoShot)).Select(kernel => kernel.OnMultiprocessor)
        .Concat((TwoLevel?.Waiting ?? []).Select(kernel => kernel.OnMultiprocessor)).Distinct()];

    /// <summary>Gets the epilogue kernel, which does what follows the sum: the built-in one where the variant has
    /// none.</summary>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    public LaunchableKernel Epilogue(int variant) => (variant >= 0 ? variants[variant].Epilogue : null) ?? builtIn.Epilogue!.Value;

    /// <summary>Gets the kernel that exchanges data between ranks.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    /// <param name="call">Which usual call it is.</param>
    public LaunchableKernel Exchange(AllReduceStrategy strategy, int variant, UsualCall call)
    {
        ref readonly var set = ref variant >= 0 ? ref variants[variant] : ref builtIn;
        var kernels = strategy == AllReduceStrategy.OneShot ? set.OneShot : set.TwoShot;
        return kernels[variant >= 0 ? 0 : (int)call];
    }

    /// <summary>Loads the kernels of an operation for a rank.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Group of the rank.</param>
    /// <param name="request">Shapes, type and kernels of the operation.</param>
    /// <param name="startsNextEarlyTokens"><see cref="AllReduceOptions.StartsNextEarlyTokens"/>.</param>
    /// <returns>The kernels; null on the CPU.</returns>
    /// <exception cref="RankGroupException">The ranks' blocks do not fit on the GPU.</exception>
    public static RankKernels? Load(Rank rank, RankGroup group, PlanRequest request, int startsNextEarlyTokens = 0)
    {
        if (rank.Gpu is not { } gpu) return null;
        // The group's largest number, though fewer ranks may be on this GPU: the ranks' plans must agree.
        var ranksOnGpu = group.RanksOnGpu;
        var loader = new LaunchableKernels(gpu.Context.Device, MaxSharedBytes(request.HiddenSize), ranksOnGpu);
        var choice = KernelChoice.For(group.WorldSize, request.HiddenSize, request.DataType);
        return new(
            request.Kernels, ranksOnGpu, gpu.Context.Device.MultiprocessorCount,
            new(Exchanges(AllReduceStrategy.OneShot), Exchanges(AllReduceStrategy.TwoShot), Find(choice.Epilogue())),
            [.. request.Kernels.Variants.Select(LoadVariant)])
        {
            StartsNextEarlyTokens = ranksOnGpu == 1 ? startsNextEarlyTokens : 0,
            TwoLevel = request.RanksOfAMachine > 1 ? TwoLevelKernels.Load(gpu, ranksOnGpu, request.DataType) : null,
        };

        LaunchableKernel[] Exchanges(AllReduceStrategy strategy)
        {
            var any = Find(choice.Exchange(strategy));
            return [any, .. Enum.GetValues<UsualCall>().Where(call => call != UsualCall.None).Select(call => ForUsual(call, strategy) ?? any)];
        }

        LaunchableKernel? ForUsual(UsualCall call, AllReduceStrategy strategy)
        {
            var usual = KernelChoice.For(
                group.WorldSize, request.HiddenSize, request.DataType, call, RowSplit.HasClusters(gpu.Context.Device.Capability));
            if (usual.Call != call) return null;
            var name = usual.Exchange(strategy);
            var kernel = loader.Find(gpu.BuiltInKernels(name), name, usual);
            return kernel.CanRun ? kernel : null;
        }

        LaunchableKernel Find(string name) => loader.Find(gpu.BuiltInKernels(name), name, choice);

        Set LoadVariant(AllReduceVariant variant)
        {
            var library = gpu.KernelsOf(variant);
            return new(
                [FindNamed(variant.Exchange(AllReduceStrategy.OneShot))], [FindNamed(variant.Exchange(AllReduceStrategy.TwoShot))],
                variant.EpilogueKernel is { } epilogue ? FindNamed(epilogue) : null);

            LaunchableKernel FindNamed(AllReduceKernelName name) =>
                loader.Find(library, name.ToString(), KernelChoice.Of(name, variant.DataType));
        }
    }

    /// <summary>Whether a kernel can be launched beside the other operations on the GPU: one whose blocks are too small for a row
    /// needs room for several of them at a time.</summary>
    /// <param name="kernel">One of these kernels.</param>
    /// <param name="sharers">Result of <see cref="BlockShare.Enter"/>; 0 without a share.</param>
    public bool HasRoom(in LaunchableKernel kernel, int sharers) => kernel.Shape.FewestBlocks == 1 || Room(kernel, kernel.Shape.FewestBlocks, sharers) > 0;

    /// <summary>Computes the shape in which a kernel is launched for a call. Allocates nothing.</summary>
    /// <param name="kernel">One of these kernels.</param>
    /// <param name="owners">Number of ranks that share the tokens: the world size in two-shot, else 1.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block, in bytes.</param>
    /// <param name="parameters">Parameter block of the call.</param>
    /// <param name="share">The operation's share of the GPU; null for a kernel that waits for no rank.</param>
    /// <param name="sharers">Result of <see cref="BlockShare.Enter"/>; 0 without a share.</param>
    public LaunchShape Shape(
        in LaunchableKernel kernel, int owners, int sharedBytes, in AllReduceParameters parameters, BlockShare? share, int sharers)
    {
        var blocks = BlocksPerToken(kernel, parameters, sharedBytes, sharers);
        var cap = blocks > 1 ? Room(kernel, blocks, sharers) : kernel.Cap(1);
        if (share is not null && blocks == 1) cap = share.Cap(cap, kernel.OnMultiprocessor, sharers);
        // y counts tokens, x the blocks that share a token.
        return new LaunchShape(new Dim3(blocks, CoResidency.TokensAtATime(parameters.Tokens, cap, owners)), kernel.Shape.ThreadsOf(blocks))
        {
            Cluster = blocks > 1 && ReducesRows(parameters) ? new Dim3(blocks) : null,
            SharedBytes = sharedBytes,
            ProgrammaticLaunch = kernel.Overlaps,
        };
    }

    private int BlocksPerToken(in LaunchableKernel kernel, in AllReduceParameters parameters, int sharedBytes, int sharers)
    {
        // The largest magnitude of such a group is found in one block's shared memory, so no group may be split.
        if (sharedBytes > 0) return 1;
        var blocks = RowSplit.Blocks(parameters.Hidden / KernelLimits.RowVector, parameters.Ranks);
        blocks = Math.Max(blocks, kernel.Shape.FewestBlocks);
        while (blocks > kernel.Shape.FewestBlocks && Room(kernel, blocks, sharers) < parameters.Tokens) blocks /= 2;
        return blocks;
    }

    // The most tokens at a time, by several blocks each.
    private int Room(in LaunchableKernel kernel, int blocks, int sharers) =>
        Math.Min(kernel.Cap(blocks), RowSplit.BlocksThatLeaveRoom(Sharers(sharers), Multiprocessors) / blocks);

    // 0 for an operation that is alone on its GPU or the first one there.
    private int Sharers(int sharers) => RanksOnGpu == 1 ? sharers : RanksOnGpu * Math.Max(sharers, 1);

    // Blocks that share a token without exchanging anything need not be a cluster, which is slower to launch.
    private static bool ReducesRows(in AllReduceParameters parameters) =>
        parameters.Norm != (int)NormKind.None || parameters.Quantization == (int)QuantizationKind.PerTokenFp8;

    // The largest of any quantization: the grid must not depend on a call's.
    private static int MaxSharedBytes(int hidden)
    {
        var most = 0;
        for (var group = KernelLimits.RowVector; group <= hidden; group += KernelLimits.RowVector)
        {
            if (hidden % group == 0) most = Math.Max(most, KernelChoice.SharedBytesOfGroups(group, hidden));
        }

        return most;
    }

    /// <param name="OneShot">Kernels of one-shot, by usual call: that for any call where there is no other. A variant has one.</param>
    /// <param name="TwoShot">Kernels of two-shot, likewise.</param>
    /// <param name="Epilogue">Epilogue kernel; null where nothing follows the sum.</param>
    private readonly record struct Set(LaunchableKernel[] OneShot, LaunchableKernel[] TwoShot, LaunchableKernel? Epilogue)
    {
        public IEnumerable<LaunchableKernel> All =>
            OneShot.Concat(TwoShot).Concat(Epilogue is { } epilogue ? [epilogue] : []).DistinctBy(kernel => kernel.Kernel.Name);
    }
}
