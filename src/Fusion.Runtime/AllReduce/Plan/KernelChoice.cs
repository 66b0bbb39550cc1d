using System.Globalization;
using System.Numerics;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Which kernel does a call, by default of the built-in ones (kernels/cu/entry), and in which shape.</summary>
/// <param name="Threads">Threads of a block that works alone on one token at a time.</param>
/// <param name="VectorsPerThread">Vectors of 8 elements that a thread holds at most: 1 or 4, for one model 1 to 4.</param>
/// <param name="PeersAtATime">Peers whose data a thread waits for at a time: 1, 3 or 7, for one model 1 to 7.</param>
/// <param name="DataType">Type of the input.</param>
internal readonly record struct KernelChoice(int Threads, int VectorsPerThread, int PeersAtATime, ElementType DataType)
{
    private const int Warp = 32;

    /// <summary>Chooses.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="hidden">Elements of a token.</param>
    /// <param name="type">Type of the input.</param>
    public static KernelChoice For(int worldSize, int hidden, ElementType type)
    {
        var vectors = hidden / KernelLimits.RowVector;
        var perThread = vectors <= KernelLimits.MaxThreads ? KernelLimits.OctetsOfShortRow : KernelLimits.OctetsOfLongRow;
        // Registers decide: a thread keeps perThread vectors of each peer that it waits for.
        var peers = perThread == KernelLimits.OctetsOfLongRow ? KernelLimits.PeersOfFewRanks
            : worldSize == 2 ? KernelLimits.PeersOfTwoRanks
            : worldSize <= 4 || type == ElementType.Float32 ? KernelLimits.PeersOfFewRanks : KernelLimits.PeersOfManyRanks;
        return new(ThreadsFor(hidden, perThread), perThread, peers, type);
    }

    /// <summary>The shape of a kernel that is compiled for one model.</summary>
    /// <param name="name">The kernel's name.</param>
    /// <param name="type">Type of the input.</param>
    public static KernelChoice Of(in AllReduceKernelName name, ElementType type) =>
        new(ThreadsFor(name.HiddenSize, name.Vectors), name.Vectors, name.Peers, type);

    /// <summary>Threads of a block that shares a token with others.</summary>
    /// <param name="blocks">Blocks of a token.</param>
    public int ThreadsOf(int blocks) => RoundUp((Threads + blocks - 1) / blocks, Warp);

    /// <summary>Name of the kernel that exchanges; empty for none.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    public string Exchange(AllReduceStrategy strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => Name("one_shot"),
        AllReduceStrategy.TwoShot => Name("two_shot"),
        _ => "",
    };

    /// <summary>Name of the kernel that does all but the sum.</summary>
    public string Epilogue() => string.Create(CultureInfo.InvariantCulture,
        $"epilogue_{CallWords.WordOf(DataType)}_v{VectorsPerThread}");

    /// <summary>Dynamic shared memory of a block in bytes: one float a group, where the groups of per-group FP8 are not a
    /// power of two of elements that lies within a warp.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="hidden">Elements of a token.</param>
    public static int SharedBytes(in Quantization quantization, int hidden)
    {
        if (quantization.Kind != QuantizationKind.PerGroupFp8) return 0;
        var group = quantization.GroupSize;
        var isInWarp = group is >= KernelLimits.RowVector and <= KernelLimits.LargestGroupInWarp && BitOperations.IsPow2(group);
        return isInWarp ? 0 : RoundUp(KernelLimits.SharedBytesOfGroup * (hidden / group), 16);
    }

    private static int ThreadsFor(int hidden, int vectorsPerThread)
    {
        var vectors = hidden / KernelLimits.RowVector;
        return RoundUp((vectors + vectorsPerThread - 1) / vectorsPerThread, Warp);
    }

    private static int RoundUp(int value, int to) => (value + to - 1) / to * to;

    private string Name(string stem) => string.Create(CultureInfo.InvariantCulture,
        $"{stem}_{CallWords.WordOf(DataType)}_p{PeersAtATime}_v{VectorsPerThread}");
}
