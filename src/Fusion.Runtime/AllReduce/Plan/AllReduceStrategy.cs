namespace Fusion.Runtime;

/// <summary>How an all-reduce is done.</summary>
public enum AllReduceStrategy
{
    /// <summary>Each rank sends all of its input to every other, and each does all the work: fewest steps.</summary>
    OneShot,

    /// <summary>Each rank sums its share of the tokens and sends the sums: fewest bytes.</summary>
    TwoShot,

    /// <summary>A plain all-reduce, of a library if there is one, then one kernel for the rest.</summary>
    Separate,

    /// <summary>Not at all: the plan's reason says why.</summary>
    Refuse,
}
