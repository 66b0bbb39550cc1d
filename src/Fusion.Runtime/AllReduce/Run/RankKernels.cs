using System.Numerics;
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
        .SelectMany(entry => entry.Caps.Select((cap, i) => KeyValuePair.Create($"{entry.Kernel.Name} by {1 << i}", cap)));

    /// <summary>How many blocks of each kernel that waits for other ranks fit on a multiprocessor.</summary>
    public int[] BlocksPerMultiprocessor => [.. variants.Prepend(builtIn)
        .SelectMany(set => new[] { set.OneShot.OnMultiprocessor, set.TwoShot.OnMultiprocessor }).Distinct()];

    /// <summary>The epilogue kernel, which does all but the sum: the built-in one where the variant has none.</summary>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    public Entry Epilogue(int variant) => (variant >= 0 ? variants[variant].Epilogue : null) ?? builtIn.Epilogue!.Value;

    /// <summary>The kernel that exchanges.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    /// <param name="variant">Index of the variant; -1 for the built-in kernels.</param>
    public Entry Exchange(AllReduceStrategy strategy, int variant)
    {
        ref readonly var set = ref variant >= 0 ? ref variants[variant] : ref builtIn;
        return strategy == AllReduceStrategy.OneShot ? set.OneShot : set.TwoShot;
    }

    /// <summary>Loads them.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="group">Its group.</param>
    /// <param name="request">What the operation is made for.</param>
    /// <returns>Null on the CPU.</returns>
    /// <exception cref="NoRoomException">The ranks' blocks do not fit on the GPU.</exception>
    public static RankKernels? Load(Rank rank, RankGroup group, PlanRequest request)
    {
        if (rank.Room is not { } room) return null;
        // The same for all ranks, though fewer may be on this GPU: plans must agree.
        var ranksOnGpu = group.RanksOnGpu;
        var loader = new KernelEntries(room.Context.Device, MostSharedBytes(request.HiddenSize), ranksOnGpu);
        var choice = KernelChoice.For(group.WorldSize, request.HiddenSize, request.DataType);
        return new(
            request.Kernels, ranksOnGpu, room.Context.Device.MultiprocessorCount,
            new(Find(AllReduceStrategy.OneShot), Find(AllReduceStrategy.TwoShot), loader.Find(room.Kernels, choice.Epilogue(), choice)),
            [.. request.Kernels.Variants.Select(Of)]);

        Entry Find(AllReduceStrategy strategy) => loader.Find(room.Kernels, choice.Exchange(strategy), choice);

        Set Of(AllReduceVariant variant)
        {
            var library = room.KernelsOf(variant);
            return new(
                Named(variant.Exchange(AllReduceStrategy.OneShot)), Named(variant.Exchange(AllReduceStrategy.TwoShot)),
                variant.EpilogueKernel is { } epilogue ? Named(epilogue) : null);

            Entry Named(AllReduceKernelName name) =>
                loader.Find(library, name.ToString(), KernelChoice.Of(name, variant.DataType));
        }
    }

    /// <summary>Puts a kernel into a stream, in the shape that its work has. Allocates nothing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="entry">One of these kernels.</param>
    /// <param name="owners">Ranks that share the tokens: 1, or all in a two-shot.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block.</param>
    /// <param name="parameters">Filled, but for what depends on the shape.</param>
    /// <param name="share">What the operation may take of the GPU; null for a kernel that waits for nobody.</param>
    public void Launch(
        GpuStream stream, in Entry entry, int owners, int sharedBytes, ref AllReduceParameters parameters, BlockShare? share = null)
    {
        var sharers = share?.Enter(parameters.Rank, stream.Handle) ?? 0;
        var blocks = BlocksOfAToken(entry, parameters, sharedBytes, Math.Max(sharers, 1));
        var cap = entry.Cap(blocks);
        if (share is not null && blocks == 1) cap = share.Cap(cap, entry.OnMultiprocessor, sharers);
        parameters.Overlap = entry.Overlaps ? 1 : 0;
        // Along y are the tokens, along x the blocks that share one.
        var shape = new LaunchShape(new GridSize(blocks, CoResidency.TokensAtATime(parameters.Tokens, cap, owners)), entry.Shape.ThreadsOf(blocks))
        {
            Cluster = blocks > 1 ? new GridSize(blocks) : null,
            SharedBytes = sharedBytes,
            ProgrammaticLaunch = entry.Overlaps,
        };
        entry.Kernel.Launch(stream, shape, KernelArgument.AddressOf(in parameters));
    }

    private int BlocksOfAToken(in Entry entry, in AllReduceParameters parameters, int sharedBytes, int sharers)
    {
        // Groups whose largest number is found in a block's shared memory may not be cut.
        if (sharedBytes > 0) return 1;
        var vectors = parameters.Hidden / AllReduceVocabulary.Vector;
        var blocks = RowSplit.Blocks(vectors, parameters.Ranks, parameters.Tokens, RanksOnGpu * sharers, Multiprocessors);
        return parameters.Tokens <= entry.Cap(blocks) ? blocks : 1;
    }

    // A call's quantization decides; the grid must not depend on it.
    private static int MostSharedBytes(int hidden)
    {
        var most = 0;
        for (var group = AllReduceVocabulary.Vector; group <= hidden; group += AllReduceVocabulary.Vector)
        {
            if (hidden % group == 0) most = Math.Max(most, KernelChoice.SharedBytes(Quantization.PerGroupFp8(group), hidden));
        }

        return most;
    }

    /// <param name="Kernel">The kernel.</param>
    /// <param name="Shape">Threads, and what they hold.</param>
    /// <param name="Overlaps">Whether it may come before the rank's last kernel has left (programmatic dependent launch).</param>
    /// <param name="OnMultiprocessor">How many of its blocks fit on a multiprocessor.</param>
    /// <param name="Caps">The most tokens at a time, where a token has 1, 2, 4 or 8 blocks.</param>
    public readonly record struct Entry(Kernel Kernel, KernelChoice Shape, bool Overlaps, int OnMultiprocessor, int[] Caps)
    {
        /// <summary>The most tokens at a time.</summary>
        /// <param name="blocks">Blocks of a token: 1, 2, 4 or 8.</param>
        public int Cap(int blocks) => Caps[BitOperations.Log2((uint)blocks)];
    }

    /// <param name="OneShot">One-shot.</param>
    /// <param name="TwoShot">Two-shot.</param>
    /// <param name="Epilogue">All but the sum; null where nothing follows it.</param>
    private readonly record struct Set(Entry OneShot, Entry TwoShot, Entry? Epilogue)
    {
        public IEnumerable<Entry> All => Epilogue is { } epilogue ? [OneShot, TwoShot, epilogue] : [OneShot, TwoShot];
    }
}
