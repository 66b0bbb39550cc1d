namespace Fusion.Runtime;

/// <summary>A call cannot be done in the way that was asked for. Nothing was launched, and the group can still be
/// used.</summary>
public sealed class PlanRefusedException : FusionException
{
    internal PlanRefusedException(AllReducePlan plan)
        : base(ErrorCodes.PlanRefused, $"The all-reduce is refused: {plan.Reason}. Nothing was launched.") => Plan = plan;

    /// <summary>The plan, whose reason the message quotes.</summary>
    public AllReducePlan Plan { get; }
}
