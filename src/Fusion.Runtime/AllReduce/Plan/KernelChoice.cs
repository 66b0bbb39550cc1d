using System.Globalization;
using System.Numerics;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Choice of a kernel for a call, by default among the built-in ones (kernels/cu/entry), and its shape. The
/// thresholds follow from registers and block sizes; other choices were not measured.</summary>
/// <param name="Threads">Number of threads that work on a token, in one block or spread over several.</param>
/// <param name="VectorsPerThread">Largest number of vectors of 8 elements that a thread holds: 1 or 4, in kernels for one
/// model 1 to 4.</param>
/// <param name="PeersAtATime">Number of peers whose data a thread waits for at a time: 1, 3 or 7, in kernels for one model 1
/// to 7.</param>
/// <param name="DataType">Type of the input.</param>
/// <param name="WorldSize">World size.</param>
/// <param name="Call">The usual call for which the kernels are; none for those for any call.</param>
internal readonly record struct KernelChoice(
    int Threads, int VectorsPerThread, int PeersAtATime, ElementType DataType, int WorldSize, UsualCall Call = UsualCall.None)
{
    private const int Warp = 32;

    /// <summary>Fewest blocks that can share a token: more than one where a block has not enough threads.</summary>
    public int FewestBlocks => (int)BitOperations.RoundUpToPowerOf2((uint)((Threads + KernelLimits.MaxThreads - 1) / KernelLimits.MaxThreads));

    /// <summary>Chooses the built-in kernels of a call: those for usual calls where there are some. A thread of these holds one
    /// vector, so long rows need clusters.</summary>
    /// <param name="worldSize">World size.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="type">Type of the input.</param>
    /// <param name="call">Which usual call it is.</param>
    /// <param name="hasClusters">Whether the GPU has clusters.</param>
    public static KernelChoice For(int worldSize, int hidden, ElementType type, UsualCall call, bool hasClusters)
    {
        var any = For(worldSize, hidden, type);
        var isThere = call != UsualCall.None && type != ElementType.Float32 && Array.IndexOf(UsualCalls.WorldSizes, worldSize) >= 0 &&
            (hasClusters || any.VectorsPerThread == KernelLimits.OctetsOfShortRow);
        return isThere
            ? any with { Threads = ThreadsFor(hidden, KernelLimits.OctetsOfShortRow), VectorsPerThread = KernelLimits.OctetsOfShortRow, Call = call }
            : any;
    }

    /// <summary>Chooses the built-in kernels for any call.</summary>
    /// <param name="worldSize">World size.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="type">Type of the input.</param>
    public static KernelChoice For(int worldSize, int hidden, ElementType type)
    {
        var vectors = hidden / KernelLimits.RowVector;
        var perThread = vectors <= KernelLimits.MaxThreads ? KernelLimits.OctetsOfShortRow : KernelLimits.OctetsOfLongRow;
        // The number of registers decides: a thread keeps perThread vectors of each peer that it waits for.
        var peers = perThread == KernelLimits.OctetsOfLongRow ? KernelLimits.PeersOfFewRanks
            : worldSize == 2 ? KernelLimits.PeersOfTwoRanks
            : worldSize <= 4 || type == ElementType.Float32 ? KernelLimits.PeersOfFewRanks : KernelLimits.PeersOfManyRanks;
        return new(ThreadsFor(hidden, perThread), perThread, peers, type, worldSize);
    }

    /// <summary>Gets the shape of a kernel compiled for one model.</summary>
    /// <param name="name">The kernel's name.</param>
    /// <param name="type">Type of the input.</param>
    public static KernelChoice Of(in AllReduceKernelName name, ElementType type) =>
        new(ThreadsFor(name.HiddenSize, name.Vectors), name.Vectors, name.Peers, type, name.WorldSize);

    /// <summary>Computes the number of threads of a block that shares a token with others.</summary>
    /// <param name="blocks">Number of blocks that share the token.</param>
    public int ThreadsOf(int blocks) => RoundUp((Threads + blocks - 1) / blocks, Warp);

    /// <summary>Gets the name of the kernel that exchanges data between ranks; empty for a strategy without one.</summary>
    /// <param name="strategy">One-shot or two-shot.</param>
    public string Exchange(AllReduceStrategy strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => Name("one_shot"),
        AllReduceStrategy.TwoShot => Name("two_shot"),
        _ => "",
    };

    /// <summary>Gets the name of the epilogue kernel.</summary>
    public string Epilogue() => string.Create(CultureInfo.InvariantCulture,
        $"epilogue_{CallWords.WordOf(DataType)}_v{VectorsPerThread}");

    /// <summary>Computes the dynamic shared memory of a block in bytes. A quantization of groups needs one float for each group
    /// unless the group size is a power of two that a warp holds.</summary>
    /// <param name="quantization">The quantization.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    public static int SharedBytes(in Quantization quantization, int hidden) =>
        CallWords.Of(quantization.Kind) is { TakesGroup: true } ? SharedBytesOfGroups(quantization.GroupSize, hidden) : 0;

    /// <summary>Computes the dynamic shared memory of a block in bytes for groups of a size.</summary>
    /// <param name="group">Number of elements of a group.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    public static int SharedBytesOfGroups(int group, int hidden)
    {
        var isInWarp = group is >= KernelLimits.RowVector and <= KernelLimits.LargestGroupInWarp && BitOperations.IsPow2(group);
        return isInWarp ? 0 : RoundUp(KernelLimits.SharedBytesOfGroup * (hidden / group), 16);
    }

    private static int ThreadsFor(int hidden, int vectorsPerThread)
    {
        var vectors = hidden / KernelLimits.RowVector;
        return RoundUp((vectors + vectorsPerThread - 1) / vectorsPerThread, Warp);
    }

    private static int RoundUp(int value, int to) => (value + to - 1) / to * to;

    private string Name(string algorithm)
    {
        var kind = Call switch
        {
            UsualCall.Sum => $"n{WorldSize}_sum",
            UsualCall.Norm => $"n{WorldSize}_norm",
            _ => $"p{PeersAtATime}",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{algorithm}_{CallWords.WordOf(DataType)}_{kind}_v{VectorsPerThread}");
    }
}
