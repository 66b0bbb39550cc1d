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
public sealed record NearMiss
{
    internal NearMiss(NearMissKind kind, string first, string then, IReadOnlyList<string> between, string message, bool isWarning) =>
        (Kind, First, Then, Between, Message, IsWarning) = (kind, first, then, between, message, isWarning);

    /// <summary>Reason for which they were not fused.</summary>
    public NearMissKind Kind { get; internal init; }

    /// <summary>Name of the op that comes first.</summary>
    public string First { get; internal init; }

    /// <summary>Name of the op that uses the first one's result.</summary>
    public string Then { get; internal init; }

    /// <summary>Names of the ops between them.</summary>
    public IReadOnlyList<string> Between { get; internal init; }

    /// <summary>What prevents the fusion, and what would make it match.</summary>
    public string Message { get; internal init; }

    /// <summary>Whether the fusion was lost only because no-op elimination is off (FUSION5005).</summary>
    public bool IsWarning { get; internal init; }
}
