using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>What several processes would know of each other's ranks, within one: each of some groups has some of the ranks, and
/// learns of the others by this alone.</summary>
internal sealed class LinkedPeers(LinkedPeers.Switchboard board) : IPeers
{
    private ExchangeRank[] mine = [];

    public void Agree(IReadOnlyList<RankPlan> own)
    {
        board.Add(own);
        board.WaitForAll(TimeSpan.FromSeconds(30));
        PlanAgreement.Check(board.Plans);
    }

    public void Connect(ExchangeRank[] own)
    {
        mine = own;
        foreach (var rank in own) board.Ranks[rank.Rank.Index] = rank;
        board.WaitForAll(TimeSpan.FromSeconds(30));
    }

    public IHostLink? ConnectHost() => null;

    public void Report(in WaitFailure failure) => Assert.Fail("Ranks on GPUs report by their kernels.");

    public PeerGoneException? Gone => null;

    public void Watch(ICallLog calls)
    {
    }

    public RankGroupException? Mismatch => null;

    public ulong WorkspaceOf(int rank, Rank reader) => board.Ranks[rank]!.Workspace.Address;

    public bool TryFindFailure(out WaitFailure failure) => PeersInProcess.TryFindFailure(board.Ranks!, out failure);

    public RankProgress ProgressOf(int rank) => board.Ranks[rank]!.Progress;

    public long CallsOf(int rank) => ProgressOf(rank).Launched;

    public void GiveUp() => PeersInProcess.GiveUp(board.Ranks!);

    public void Reset()
    {
    }

    public void Disconnect()
    {
    }

    public bool Barrier(TimeSpan timeout) => board.WaitForAll(timeout);

    public void Dispose() => Array.ForEach(mine, rank => Assert.That(board.Ranks[rank.Rank.Index], Is.SameAs(rank)));

    /// <summary>What the processes share, for one operation.</summary>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="processes">Number of processes.</param>
    internal sealed class Switchboard(int ranks, int processes) : IDisposable
    {
        private readonly Barrier barrier = new(processes);
        private readonly List<RankPlan> plans = [];

        public ExchangeRank?[] Ranks { get; } = new ExchangeRank?[ranks];

        public RankPlan[] Plans
        {
            get
            {
                lock (plans) return [.. plans];
            }
        }

        public void Add(IReadOnlyList<RankPlan> own)
        {
            lock (plans) plans.AddRange(own);
        }

        public bool WaitForAll(TimeSpan timeout) => barrier.SignalAndWait(timeout);

        public void Dispose() => barrier.Dispose();
    }
}
