using System.Globalization;
using Fusion.Cli.Output;
using Fusion.Runtime;

namespace Fusion.Cli.Planning;

/// <summary>Report of a plan.</summary>
internal sealed record PlanReport
{
    /// <summary>Strategy of the call: <c>one-shot</c>, <c>two-shot</c>, <c>separate</c>, <c>two-level</c> or <c>refuse</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary>Reason for the strategy, in words.</summary>
    public required string Reason { get; init; }

    /// <summary>Size of each rank's workspace in bytes.</summary>
    public required long WorkspaceBytes { get; init; }

    /// <summary>Strategy of the exchange: for <c>separate</c>, that of the plain all-reduce without a library; else the
    /// strategy itself.</summary>
    public required string Exchange { get; init; }

    /// <summary>Name of the kernel that exchanges data between ranks; empty for none.</summary>
    public required string Kernel { get; init; }

    /// <summary>Name of the epilogue kernel that follows the plain all-reduce of <c>separate</c>; else empty.</summary>
    public required string EpilogueKernel { get; init; }

    /// <summary>Number of threads of a block.</summary>
    public required int Threads { get; init; }

    /// <summary>Largest number of vectors of 8 elements that a thread holds.</summary>
    public required int VectorsPerThread { get; init; }

    /// <summary>Variants of the assembly given by --kernels, and whether each does the call.</summary>
    public required IReadOnlyList<PlanVariant> Variants { get; init; }

    /// <summary>Number of tokens of the call.</summary>
    public required int Tokens { get; init; }

    /// <summary>Number of pieces in which the call is done, a launch each.</summary>
    public required int Pieces { get; init; }

    /// <summary>Number of tokens of each piece but the last.</summary>
    public required int PieceTokens { get; init; }

    /// <summary>Largest number of tokens of a call.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Makes the report of a request's plan.</summary>
    public static PlanReport Of(PlanRequest request)
    {
        var plan = AllReduceDispatcher.Plan(request);
        return new()
        {
            Strategy = AllReduceDispatcher.Name(plan.Strategy),
            Reason = plan.Reason,
            WorkspaceBytes = plan.WorkspaceBytes,
            Exchange = AllReduceDispatcher.Name(plan.Exchange),
            Kernel = plan.Kernel,
            EpilogueKernel = plan.EpilogueKernel,
            Threads = plan.Threads,
            VectorsPerThread = plan.VectorsPerThread,
            Tokens = plan.Tokens,
            Pieces = plan.Pieces,
            PieceTokens = plan.PieceTokens,
            MaxTokens = request.MaxTokens,
            Variants = [.. request.Kernels.Explain(request).Select(use => new PlanVariant(use.Variant.ToString(), use.IsUsed, use.Why))],
        };
    }

    /// <summary>Prints the report for people.</summary>
    public void Print()
    {
        Screen.Line(Strategy);
        Screen.Line($"  reason     {Reason}");
        if (Kernel.Length > 0)
        {
            var vectors = VectorsPerThread == 1 ? "a vector" : $"up to {VectorsPerThread} vectors";
            Screen.Line($"  kernel     {Kernel}{(EpilogueKernel.Length > 0 ? $", then {EpilogueKernel}" : "")}");
            Screen.Line($"  block      {Threads} threads, {vectors} of 8 elements each; one token at a time");
        }

        if (Exchange == AllReduceDispatcher.Name(AllReduceStrategy.TwoLevel))
            Screen.Line("  exchange   reduce-scatter on each machine, NCCL's all-reduce between them, all-gather on each");
        else if (EpilogueKernel.Length > 0)
            Screen.Line(Kernel.Length > 0 ? $"  exchange   a library's plain all-reduce if there is one, else {Exchange}" : $"  kernel     {EpilogueKernel}");
        if (WorkspaceBytes > 0)
        {
            var upTo = string.Create(CultureInfo.InvariantCulture, $"for calls of up to {MaxTokens} {(MaxTokens == 1 ? "token" : "tokens")}");
            Screen.Line($"  workspace  {Screen.Bytes(WorkspaceBytes)} on each rank, {upTo}");
        }

        if (Pieces > 1)
        {
            Screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"  pieces     {Pieces}, of up to {PieceTokens} tokens, for which the workspace has room"));
        }

        foreach (var variant in Variants)
            Screen.Line($"  {(variant.IsUsed ? "used      " : "not used  ")} {variant.Variant}: {variant.Why}");
    }
}

/// <summary>Kernels compiled for one model, and whether they do a call.</summary>
/// <param name="Variant">What the kernels are for, and where they are from.</param>
/// <param name="IsUsed">Whether the kernels do the call, or a part of it.</param>
/// <param name="Why">Reason why they do the call or not.</param>
internal sealed record PlanVariant(string Variant, bool IsUsed, string Why);
