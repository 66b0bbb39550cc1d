namespace Fusion.Runtime;

/// <summary>Strategy of an all-reduce.</summary>
public enum AllReduceStrategy
{
    /// <summary>One-shot: each rank sends all of its input to every other rank and computes all tokens itself. It has the
    /// fewest steps.</summary>
    OneShot,

    /// <summary>Two-shot: each rank sums its share of the tokens and sends the sums to the others. It moves the fewest
    /// bytes.</summary>
    TwoShot,

    /// <summary>A plain all-reduce, of a library if there is one, then the epilogue kernel.</summary>
    Separate,

    /// <summary>Two-level, for ranks of several machines: the ranks of each machine sum through memory, each of them a part, NCCL sums the parts
    /// of all machines, and the epilogue kernel does the rest. Only by request (<see cref="AllReduceOptions.TwoLevel"/>).</summary>
    TwoLevel,
}
