using Fusion.Manifest;

namespace Fusion.Compiler.AllReduce;

/// <summary>Kernels for one model, found valid: those of a type and an epilogue, for all its numbers of ranks.</summary>
/// <param name="Item">The project's name for the model.</param>
/// <param name="HiddenSize">Elements of a token.</param>
/// <param name="DataType">Type of the input: <c>bf16</c>.</param>
/// <param name="WorldSizes">Numbers of ranks, in order.</param>
/// <param name="Epilogue">What follows the sum.</param>
/// <param name="Architectures">What to compile for, as the project wrote it.</param>
internal sealed record AllReduceModule(
    string Item, int HiddenSize, string DataType, IReadOnlyList<int> WorldSizes, EpilogueWords Epilogue, string Architectures)
{
    private const int Warp = 32;

    /// <summary>Name of the module.</summary>
    public string Name => AllReduceKernelName.ModuleOf(Item, DataType, Epilogue);

    /// <summary>Threads of a block that works alone on a token.</summary>
    public int Threads => (DivideUp(HiddenSize / KernelLimits.RowVector, Vectors) + Warp - 1) / Warp * Warp;

    /// <summary>Blocks on a multiprocessor: as many as the kernels for all models have, whose blocks are compiled for 1024
    /// threads, and no more than every GPU runs.</summary>
    public int BlocksAtLeast => Math.Min(KernelLimits.MaxThreads / Threads, 16);

    /// <summary>The kernels.</summary>
    public IEnumerable<AllReduceKernelName> Kernels
    {
        get
        {
            foreach (var ranks in WorldSizes)
            {
                yield return Named(AllReduceKernelName.OneShot, PeersAtATime(ranks), ranks);
                yield return Named(AllReduceKernelName.TwoShot, PeersAtATime(ranks), ranks);
            }

            // Nothing follows the sum: there is nothing to do without it.
            if (!Epilogue.IsNone) yield return Named(AllReduceKernelName.EpilogueKernel, 0, 0);
        }
    }

    // As few as the most threads allow.
    private int Vectors => DivideUp(HiddenSize / KernelLimits.RowVector, KernelLimits.MaxThreads);

    private AllReduceKernelName Named(string algorithm, int peers, int ranks) =>
        new(algorithm, DataType, peers, Vectors, HiddenSize, ranks, Epilogue);

    // Registers decide how many a thread may wait for; the turns are then as even as they can be.
    private int PeersAtATime(int ranks)
    {
        var most = Vectors > 1 || DataType == "f32" ? KernelLimits.PeersOfFewRanks : KernelLimits.PeersOfManyRanks;
        return DivideUp(ranks - 1, DivideUp(ranks - 1, most));
    }

    private static int DivideUp(int value, int by) => (value + by - 1) / by;
}
