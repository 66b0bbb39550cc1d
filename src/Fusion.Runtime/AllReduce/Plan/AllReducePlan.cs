namespace Fusion.Runtime;

/// <summary>Plan of a call: strategy and kernels, and the reason for them.</summary>
public sealed record AllReducePlan
{
    internal AllReducePlan(
        AllReduceStrategy? strategy, string reason, int tokens, int threads, int vectorsPerThread, long workspaceBytes) =>
        (Strategy, Exchange, Reason, Tokens, PieceTokens, Threads, VectorsPerThread, WorkspaceBytes) =
        (strategy, strategy, reason, tokens, tokens, threads, vectorsPerThread, workspaceBytes);

    /// <summary>Strategy of the call; null if it is refused.</summary>
    public AllReduceStrategy? Strategy { get; internal init; }

    /// <summary>Reason for the strategy, in words.</summary>
    public string Reason { get; internal init; }

    /// <summary>Number of tokens of the call.</summary>
    public int Tokens { get; internal init; }

    /// <summary>Number of tokens that are done at a time: fewer than <see cref="Tokens"/> where the workspace's limit is smaller than the call
    /// (<see cref="AllReduceOptions.WorkspaceLimitBytes"/>), which is then done in pieces, a launch each.</summary>
    public int PieceTokens { get; internal init; }

    /// <summary>Number of pieces of the call; 1 for a refused one.</summary>
    public int Pieces => PieceTokens < Tokens ? (Tokens + PieceTokens - 1) / PieceTokens : 1;

    /// <summary>Number of threads that work on a token, in one block or, with few tokens, spread over several. 0 for a
    /// refused call and on the CPU.</summary>
    public int Threads { get; internal init; }

    /// <summary>Largest number of vectors of 8 elements that a thread holds: 1 to 4.</summary>
    public int VectorsPerThread { get; internal init; }

    /// <summary>Size of each rank's workspace in bytes.</summary>
    public long WorkspaceBytes { get; internal init; }

    /// <summary>Strategy of the exchange: <see cref="Strategy"/> itself or, for <see cref="AllReduceStrategy.Separate"/>,
    /// that of the plain all-reduce where no library does it, and <see cref="AllReduceStrategy.Separate"/> itself where none of the kernels
    /// can; null for a refused call. Of an operation in two levels it is <see cref="AllReduceStrategy.TwoLevel"/>.</summary>
    public AllReduceStrategy? Exchange { get; internal init; }

    /// <summary>Name of the kernel that exchanges data between ranks, and in two levels of the one that sums within a machine; empty for a refused call, on the CPU, and where a library must sum. For rows of more than 8192
    /// elements and a usual call, the kernel for any call is launched in its place if other operations leave the GPU no room for the blocks
    /// of a token.</summary>
    public string Kernel { get; internal init; } = "";

    /// <summary>Name of the epilogue kernel that follows the plain all-reduce of <see cref="AllReduceStrategy.Separate"/> and
    /// <see cref="AllReduceStrategy.TwoLevel"/>; else empty.</summary>
    public string EpilogueKernel { get; internal init; } = "";

    /// <summary>Kernels compiled for one model that do the call; null for the built-in ones.</summary>
    public AllReduceVariant? Variant { get; internal init; }

    /// <summary>Indices of the operation's variants whose kernels do the exchange and the epilogue; -1 for the built-in
    /// kernel.</summary>
    internal (int Exchange, int Epilogue) Variants { get; init; } = (-1, -1);

    /// <summary>Whether the call is refused.</summary>
    public bool IsRefused => Strategy is null;
}
