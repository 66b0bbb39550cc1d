namespace Fusion.Graph;

/// <summary>Reason for which two ops were not fused.</summary>
public enum NearMissKind
{
    /// <summary>An op between them changes nothing.</summary>
    NoOp,

    /// <summary>A cast is between them.</summary>
    Cast,

    /// <summary>A view or slice is between them.</summary>
    Shape,

    /// <summary>The second op depends on the first one in another way too.</summary>
    Order,

    /// <summary>The first op has such a step already, for another use of the same value.</summary>
    SecondUse,
}

/// <summary>Two ops that were nearly fused.</summary>
/// <param name="Kind">Reason for which they were not fused.</param>
/// <param name="First">Name of the op that comes first.</param>
/// <param name="Then">Name of the op that uses the first one's result.</param>
/// <param name="Between">Names of the ops between them.</param>
/// <param name="Message">What prevents the fusion, and what would make it match.</param>
/// <param name="IsWarning">Whether the fusion was lost only because no-op elimination is off (FUSION5005).</param>
public sealed record NearMiss(
    NearMissKind Kind, string First, string Then, IReadOnlyList<string> Between, string Message, bool IsWarning);
