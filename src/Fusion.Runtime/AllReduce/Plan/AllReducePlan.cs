namespace Fusion.Runtime;

/// <summary>How a call will be done, and why.</summary>
/// <param name="Strategy">Which way.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Tokens">Tokens of the call.</param>
/// <param name="Threads">Threads that work on one token at a time, in one block, or for few tokens spread over several. 0 if it
/// is refused or on the CPU.</param>
/// <param name="VectorsPerThread">Vectors of 8 elements that a thread holds at most: 1 to 4.</param>
/// <param name="WorkspaceBytes">Memory that the operation holds on each rank for the exchange.</param>
public sealed record AllReducePlan(
    AllReduceStrategy Strategy, string Reason, int Tokens, int Threads, int VectorsPerThread, long WorkspaceBytes)
{
    /// <summary>How the ranks exchange: <see cref="Strategy"/>, but for separate kernels that of the plain all-reduce where
    /// there is no library for it.</summary>
    public AllReduceStrategy Exchange { get; init; } = Strategy;

    /// <summary>Name of the kernel that exchanges; empty if it is refused or on the CPU.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Of separate kernels, name of the one that follows the plain all-reduce; else empty.</summary>
    public string EpilogueKernel { get; init; } = "";

    /// <summary>The kernels compiled for one model that do the call; null for those for all models.</summary>
    public AllReduceVariant? Variant { get; init; }

    /// <summary>Index among the operation's variants of the one whose kernel exchanges, and of the one whose kernel follows; -1 for
    /// the built-in kernel.</summary>
    internal (int Exchange, int Epilogue) Variants { get; init; } = (-1, -1);

    /// <summary>Whether the call is refused.</summary>
    public bool IsRefused => Strategy == AllReduceStrategy.Refuse;
}
