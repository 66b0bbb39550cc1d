namespace Fusion.Runtime;

/// <summary>Ranks do not fit together: their GPUs do not reach each other's memory, they have different plans or calls, or
/// they do not all fit on a GPU. <see cref="FusionException.Code"/> says which.</summary>
public sealed class RankGroupException : FusionException
{
    private readonly string problem;

    internal RankGroupException(string code, IReadOnlyList<int> ranks, string problem)
        : base(code, problem) => (Ranks, this.problem) = (ranks, problem);

    /// <summary>Indices of the ranks that do not fit together; empty if the message is about GPUs.</summary>
    public IReadOnlyList<int> Ranks { get; }

    /// <summary>Makes an equal exception object for another thread.</summary>
    internal RankGroupException CopyForThread() => new(Code, Ranks, problem);
}
