using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The kernels that a rank needs, each with the most blocks that it may have.</summary>
internal sealed class RankKernels
{
    private readonly Set builtIn;
    private readonly Set[] variants;

    private RankKernels(AllReduceKernels kernels, int ranksOnGpu, int multiprocessors, Set builtIn, Set[] variants)
    {
        (Variants, RanksOnGpu, Multiprocessors) = (kernels, ranksOnGpu, multiprocessors);
        (this.builtIn, this.variants) = (builtIn, variants);
    }

    /// <summary>What is compiled for one model; sets of kernels have its indices, the built-in set -1.</summary>
    public AllReduceKernels Variants { get; }

    /// <summary>Ranks that share a GPU, this one among them.</summary>
    public int RanksOnGpu { get; }

    /// <summary>Multiprocessors of the GPU.</summary>
    public int Multiprocessors { get; }

    /// <summary>The most blocks of each kernel, by its name.</summary>
    public IEnumerable<KeyValuePair<string, int>> Caps => variants.Prepend(builtIn).SelectMany(set => set.All)
        .SelectMany(kernel => kernel.Caps.Select((cap, i) => KeyValuePair.Create($"{kernel.Kernel.Name} by {1 << i}", cap)));

    /// <summary>How many blocks of each kernel that waits for other ranks fit on a multiprocessor.</summary>
    public int[] BlocksPerMultiprocessor => [.. variants.Prepend(builtIn)
        .SelectMany(set => new[] { set.OneShot.OnMultiprocessor, set.TwoShot.OnMultiprocessor }).Distinct()];

    /// <summary>The epilogue kernel, which does all but the sum: the built-in one where the variant has none.</summary>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    public LaunchableKernel Epilogue(int variant) => (variant >= 0 ? variants[variant].Epilogue : null) ?? builtIn.Epilogue!.Value;

    /// <summary>The kernel that exchanges.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    public LaunchableKernel Exchange(AllReduceStrategy strategy, int variant)
    {
        ref readonly var set = ref variant >= 0 ? ref variants[variant] : ref builtIn;
        return strategy == AllReduceStrategy.OneShot ? set.OneShot : set.TwoShot;
    }

    /// <summary>Loads them.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Its group.</param>
    /// <param name="request">What the operation is made for.</param>
    /// <returns>Null on the CPU.</returns>
    /// <exception cref="CoResidencyException">The ranks' blocks do not fit on the GPU.</exception>
    public static RankKernels? Load(Rank rank, RankGroup group, PlanRequest request)
    {
        if (rank.Gpu is not { } gpu) return null;
        // The same for all ranks, though fewer may be on this GPU: plans must agree.
        var ranksOnGpu = group.RanksOnGpu;
        var loader = new LaunchableKernels(gpu.Context.Device, MostSharedBytes(request.HiddenSize), ranksOnGpu);
        var choice = KernelChoice.For(group.WorldSize, request.HiddenSize, request.DataType);
        return new(
            request.Kernels, ranksOnGpu, gpu.Context.Device.MultiprocessorCount,
            new(Find(AllReduceStrategy.OneShot), Find(AllReduceStrategy.TwoShot), loader.Find(gpu.Kernels, choice.Epilogue(), choice)),
            [.. request.Kernels.Variants.Select(Of)]);

        LaunchableKernel Find(AllReduceStrategy strategy) => loader.Find(gpu.Kernels, choice.Exchange(strategy), choice);

        Set Of(AllReduceVariant variant)
        {
            var library = gpu.KernelsOf(variant);
            return new(
                Named(variant.Exchange(AllReduceStrategy.OneShot)), Named(variant.Exchange(AllReduceStrategy.TwoShot)),
                variant.EpilogueKernel is { } epilogue ? Named(epilogue) : null);

            LaunchableKernel Named(AllReduceKernelName name) =>
                loader.Find(library, name.ToString(), KernelChoice.Of(name, variant.DataType));
        }
    }

    /// <summary>Puts a kernel into a stream, in the shape that its work has. Allocates nothing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="kernel">One of these kernels.</param>
    /// <param name="owners">Ranks that share the tokens: 1, or all in a two-shot.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="parameters">Filled, but for what depends on the shape.</param>
    /// <param name="share">What the operation may take of the GPU; null for a kernel that waits for nobody.</param>
    public void Launch(
        GpuStream stream, in LaunchableKernel kernel, int owners, int sharedBytes, ref AllReduceParameters parameters, BlockShare? share = null)
    {
        var sharers = share?.Enter(parameters.Rank, stream.Handle) ?? 0;
        var blocks = BlocksOfAToken(kernel, parameters, sharedBytes, Math.Max(sharers, 1));
        var cap = kernel.Cap(blocks);
        if (share is not null && blocks == 1) cap = share.Cap(cap, kernel.OnMultiprocessor, sharers);
        parameters.Overlap = kernel.Overlaps ? 1 : 0;
        // Along y are the tokens, along x the blocks that share one.
        var shape = new LaunchShape(new Dim3(blocks, CoResidency.TokensAtATime(parameters.Tokens, cap, owners)), kernel.Shape.ThreadsOf(blocks))
        {
            Cluster = blocks > 1 ? new Dim3(blocks) : null,
            SharedBytes = sharedBytes,
            ProgrammaticLaunch = kernel.Overlaps,
        };
        kernel.Kernel.Launch(stream, shape, KernelArgument.AddressOf(in parameters));
    }

    private int BlocksOfAToken(in LaunchableKernel kernel, in AllReduceParameters parameters, int sharedBytes, int sharers)
    {
        // Groups whose largest number is found in a block's shared memory may not be cut.
        if (sharedBytes > 0) return 1;
        var vectors = parameters.Hidden / KernelLimits.RowVector;
        var blocks = RowSplit.Blocks(vectors, parameters.Ranks, parameters.Tokens, RanksOnGpu * sharers, Multiprocessors);
        return parameters.Tokens <= kernel.Cap(blocks) ? blocks : 1;
    }

    // A call's quantization decides; the grid must not depend on it.
    private static int MostSharedBytes(int hidden)
    {
        var most = 0;
        for (var group = KernelLimits.RowVector; group <= hidden; group += KernelLimits.RowVector)
        {
            if (hidden % group == 0) most = Math.Max(most, KernelChoice.SharedBytes(Quantization.PerGroupFp8(group), hidden));
        }

        return most;
    }

    /// <param name="OneShot">One-shot.</param>
    /// <param name="TwoShot">Two-shot.</param>
    /// <param name="Epilogue">All but the sum; null where nothing follows it.</param>
    private readonly record struct Set(LaunchableKernel OneShot, LaunchableKernel TwoShot, LaunchableKernel? Epilogue)
    {
        public IEnumerable<LaunchableKernel> All => Epilogue is { } epilogue ? [OneShot, TwoShot, epilogue] : [OneShot, TwoShot];
    }
}
