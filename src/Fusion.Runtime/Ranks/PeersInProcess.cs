namespace Fusion.Runtime;

/// <summary>Peers of an operation whose ranks are all in this process: memory and status are read directly, and the barrier
/// has nobody to wait for.</summary>
internal sealed class PeersInProcess : IPeers
{
    private ExchangeRank[] ranks = [];

    /// <inheritdoc/>
    public void Agree(IReadOnlyList<RankPlan> own) => PlanAgreement.Check(own);

    /// <inheritdoc/>
    public void Connect(ExchangeRank[] own) => ranks = own;

    /// <inheritdoc/>
    public IHostLink? ConnectHost() => null;

    /// <inheritdoc/>
    public void Report(in WaitFailure failure)
    {
    }

    /// <inheritdoc/>
    public PeerGoneException? Gone => null;

    /// <inheritdoc/>
    public void Watch(ICallLog calls)
    {
    }

    /// <inheritdoc/>
    public RankGroupException? Mismatch => null;

    /// <inheritdoc/>
    public ulong WorkspaceOf(int rank, Rank reader) => ranks[rank].Workspace.Address;

    /// <inheritdoc/>
    public bool TryFindFailure(out WaitFailure failure) => TryFindFailure(ranks, out failure);

    /// <inheritdoc/>
    public RankProgress ProgressOf(int rank) => ranks[rank].Progress;

    /// <inheritdoc/>
    public long CallsOf(int rank) => ProgressOf(rank).Launched;

    /// <inheritdoc/>
    public void GiveUp() => GiveUp(ranks);

    /// <inheritdoc/>
    public void Reset()
    {
    }

    /// <inheritdoc/>
    public void Disconnect()
    {
    }

    /// <inheritdoc/>
    public bool Barrier(TimeSpan timeout) => true;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Finds a failure among ranks of this process.</summary>
    internal static bool TryFindFailure(ReadOnlySpan<ExchangeRank> ranks, out WaitFailure failure)
    {
        var isFound = false;
        failure = default;
        foreach (var rank in ranks)
        {
            if (!rank.TryGetFailure(out var one)) continue;
            if (!isFound || failure.IsIndirect) failure = one;
            isFound = true;
        }

        return isFound;
    }

    /// <summary>Asks the waiting kernels of ranks of this process to give up.</summary>
    internal static void GiveUp(ReadOnlySpan<ExchangeRank> ranks)
    {
        foreach (var rank in ranks) rank.Workspace.Poison();
    }
}
