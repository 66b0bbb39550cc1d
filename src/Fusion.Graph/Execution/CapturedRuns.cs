using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Runs recorded as CUDA graphs, one for each GPU and number of tokens. Ranks that share a GPU are in one CUDA
/// graph.</summary>
internal sealed class CapturedRuns : IDisposable
{
    private readonly GraphSteps steps;
    private readonly RankTeam[] teams;
    private readonly int[] ranks;
    private readonly Action? waitForEachOther;
    private readonly Dictionary<int, GpuGraph[]> byTokens = [];

    public CapturedRuns(RankGroup group, GraphSteps steps)
    {
        this.steps = steps;
        teams = [.. group.Ranks.Where(rank => rank.Context is not null)
            .GroupBy(rank => rank.Context!.Device.Ordinal).Select(sharers => new RankTeam([.. sharers]))];
        ranks = [.. teams.SelectMany(team => team.Indices)];
        var shared = Array.FindAll(teams, team => team.Count > 1);
        waitForEachOther = shared.Length == 0 ? null : () => Array.ForEach(shared, team => team.WaitForEachOther());
    }

    /// <summary>Numbers of tokens for which runs are recorded.</summary>
    public IEnumerable<int> Recorded => byTokens.Keys.Order();

    /// <summary>Launches all ops without recording, each for all ranks before the next one: an op that loads a kernel may wait for all kernels on
    /// its GPU, and an all-reduce among them for every rank.</summary>
    public void LaunchEagerly(int tokens)
    {
        // What another graph launched before, as recorded runs do by their joins.
        waitForEachOther?.Invoke();
        steps.Launch(ranks, tokens, waitForEachOther);
    }

    /// <summary>Launches the recorded run of a number of tokens, after recording it at the first use.</summary>
    public void Launch(int tokens)
    {
        if (!byTokens.TryGetValue(tokens, out var graphs)) byTokens[tokens] = graphs = Record(tokens);
        foreach (var operation in steps.Operations) operation.ThrowIfFailed();
        for (var i = 0; i < teams.Length; i++)
        {
            // The CUDA graph is launched in the first rank's stream, but holds the work of all.
            teams[i].Join();
            graphs[i].Launch(teams[i].First);
            teams[i].Fork();
        }
    }

    /// <summary>Discards all recorded runs, because addresses changed. No run may be in flight.</summary>
    public void Forget()
    {
        foreach (var graph in byTokens.Values.SelectMany(graphs => graphs)) graph.Dispose();
        byTokens.Clear();
    }

    public void Dispose()
    {
        Forget();
        foreach (var team in teams) team.Dispose();
    }

    private GpuGraph[] Record(int tokens)
    {
        var made = new List<GpuGraph>();
        try
        {
            foreach (var team in teams)
            {
                made.Add(GpuGraph.Capture(team.First, () =>
                {
                    team.Fork();
                    steps.Launch(team.Indices, tokens, team.Count > 1 ? team.WaitForEachOther : null);
                    team.Join();
                }));
            }

            return [.. made];
        }
        catch
        {
            made.ForEach(graph => graph.Dispose());
            throw;
        }
    }
}

/// <summary>Ranks on one GPU, whose streams can wait for each other.</summary>
internal sealed class RankTeam : IDisposable
{
    private readonly GpuStream[] streams;
    private readonly GpuEvent[] events;

    public RankTeam(Rank[] ranks)
    {
        Indices = [.. ranks.Select(rank => rank.Index)];
        streams = [.. ranks.Select(rank => rank.Stream!)];
        events = ranks.Length == 1 ? [] : [.. ranks.Select(rank => new GpuEvent(rank.Context!))];
    }

    public IReadOnlyList<int> Indices { get; }

    public int Count => streams.Length;

    public GpuStream First => streams[0];

    /// <summary>Makes the other streams wait for the work in the first stream.</summary>
    public void Fork()
    {
        if (Count == 1) return;
        events[0].Record(First);
        foreach (var stream in streams.AsSpan(1)) stream.WaitFor(events[0]);
    }

    /// <summary>Makes the first stream wait for the work in all streams.</summary>
    public void Join()
    {
        for (var i = 1; i < Count; i++)
        {
            events[i].Record(streams[i]);
            First.WaitFor(events[i]);
        }
    }

    /// <summary>Makes each stream wait for the work in all streams.</summary>
    public void WaitForEachOther()
    {
        Join();
        Fork();
    }

    public void Dispose() => Array.ForEach(events, e => e.Dispose());
}
