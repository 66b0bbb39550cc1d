namespace Fusion.Runtime;

/// <summary>The plans of the ranks of a group differ, so that launched ranks would wait for each other until their timeout.
/// No rank has launched anything.</summary>
public sealed class PlanMismatchException : FusionException
{
    internal PlanMismatchException(int rank, int other, IReadOnlyList<string> differences)
        : base(ErrorCodes.PlanMismatch,
            $"Rank {rank} and rank {other} do not have the same plan: {string.Join("; ", differences)}. Give all ranks the " +
            "same options and the same policy, and make groups of GPUs of one kind.") =>
        (Rank, Other, Differences) = (rank, other, differences);

    /// <summary>Index of the first of the two ranks.</summary>
    public int Rank { get; }

    /// <summary>Index of the second of the two ranks.</summary>
    public int Other { get; }

    /// <summary>Differences of the plans, such as <c>hidden size: 4096 on rank 0, 8192 on rank 1</c>.</summary>
    public IReadOnlyList<string> Differences { get; }
}

/// <summary>A call cannot be done by the strategy that was asked for. Nothing was launched, and the group can still be
/// used.</summary>
public sealed class PlanRefusedException : FusionException
{
    internal PlanRefusedException(AllReducePlan plan)
        : base(ErrorCodes.PlanRefused, $"The all-reduce is refused: {plan.Reason}. Nothing was launched.") => Plan = plan;

    /// <summary>Plan of the call, whose reason the message quotes.</summary>
    public AllReducePlan Plan { get; }
}
