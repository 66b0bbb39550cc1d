namespace Fusion.Graph;

/// <summary>What kept two ops from being fused.</summary>
public enum NearMissKind
{
    /// <summary>An op between them changes nothing.</summary>
    NoOp,

    /// <summary>A cast stands between them.</summary>
    Cast,

    /// <summary>A view or slice stands between them.</summary>
    Shape,

    /// <summary>The second op needs the first one by another way too.</summary>
    Order,

    /// <summary>The first op has such a step already, for another use of the same value.</summary>
    SecondUse,
}

/// <summary>Two ops that nearly were one.</summary>
/// <param name="Kind">What kept them from it.</param>
/// <param name="First">Name of the op that comes first.</param>
/// <param name="Then">Name of the op that would go on with its result.</param>
/// <param name="Between">Names of the ops that stand between.</param>
/// <param name="Message">What stops it, and what would let it match.</param>
/// <param name="IsWarning">Whether it was lost only because no-op elimination is off (FUSION5005).</param>
public sealed record NearMiss(
    NearMissKind Kind, string First, string Then, IReadOnlyList<string> Between, string Message, bool IsWarning);
