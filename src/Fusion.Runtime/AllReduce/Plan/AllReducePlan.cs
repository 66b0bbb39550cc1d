namespace Fusion.Runtime;

/// <summary>Plan of a call: strategy and kernels, and the reason for them.</summary>
/// <param name="Strategy">Strategy of the call.</param>
/// <param name="Reason">Reason for the strategy, in words.</param>
/// <param name="Tokens">Number of tokens of the call.</param>
/// <param name="Threads">Number of threads that work on a token, in one block or, with few tokens, spread over several. 0
/// for a refused call and on the CPU.</param>
/// <param name="VectorsPerThread">Largest number of vectors of 8 elements that a thread holds: 1 to 4.</param>
/// <param name="WorkspaceBytes">Size of each rank's workspace in bytes.</param>
public sealed record AllReducePlan(
    AllReduceStrategy Strategy, string Reason, int Tokens, int Threads, int VectorsPerThread, long WorkspaceBytes)
{
    /// <summary>Strategy of the exchange: <see cref="Strategy"/> itself or, for <see cref="AllReduceStrategy.Separate"/>,
    /// that of the plain all-reduce where no library does it.</summary>
    public AllReduceStrategy Exchange { get; init; } = Strategy;

    /// <summary>Name of the kernel that exchanges data between ranks; empty for a refused call and on the CPU.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Name of the epilogue kernel that follows the plain all-reduce of <see cref="AllReduceStrategy.Separate"/>;
    /// else empty.</summary>
    public string EpilogueKernel { get; init; } = "";

    /// <summary>Kernels compiled for one model that do the call; null for the built-in ones.</summary>
    public AllReduceVariant? Variant { get; init; }

    /// <summary>Indices of the operation's variants whose kernels do the exchange and the epilogue; -1 for the built-in
    /// kernel.</summary>
    internal (int Exchange, int Epilogue) Variants { get; init; } = (-1, -1);

    /// <summary>Whether the call is refused.</summary>
    public bool IsRefused => Strategy == AllReduceStrategy.Refuse;
}
