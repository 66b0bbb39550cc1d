namespace Fusion.Runtime.Distributed;

/// <summary>Ranks did not meet: some did not come, or what they say does not fit together.</summary>
public sealed class RendezvousException : FusionException
{
    internal RendezvousException(string code, IReadOnlyList<int> ranks, string problem, Exception? cause = null)
        : base(code, problem, cause) => Ranks = ranks;

    /// <summary>Indices of the ranks that did not come or do not fit; empty where it is about none.</summary>
    public IReadOnlyList<int> Ranks { get; }
}
