namespace Fusion.Runtime.Distributed.Tests.Support;

/// <summary>The ranks of a group, each in a process of its own.</summary>
internal sealed class RanksOfATest : IDisposable
{
    private readonly List<RankOfATest> ranks = [];
    private readonly Dictionary<string, string> variables;
    private readonly string[] devices;

    /// <param name="count">World size.</param>
    /// <param name="more">Further variables of all ranks.</param>
    public RanksOfATest(int count, params (string Name, string Value)[] more)
    {
        variables = new()
        {
            ["FUSION_WORLD_SIZE"] = $"{count}",
            ["FUSION_RENDEZVOUS"] = $"unix:@fusion-test-{Guid.NewGuid():n}",
            ["FUSION_DEVICE"] = "cpu",
            ["FUSION_RENDEZVOUS_TIMEOUT"] = "30",
        };
        foreach (var (name, value) in more) variables[name] = value;
        // A list of devices has one for each rank.
        devices = variables["FUSION_DEVICE"].Split(',');
        for (var rank = 0; rank < count; rank++) ranks.Add(Start(rank));
    }

    public RankOfATest this[int rank] => ranks[rank];

    public int Count => ranks.Count;

    /// <summary>Address where the ranks meet.</summary>
    public string Address => variables["FUSION_RENDEZVOUS"];

    /// <summary>Starts a rank's process, with variables of its own.</summary>
    public RankOfATest Start(int rank, params (string Name, string Value)[] more)
    {
        var own = new Dictionary<string, string>(variables) { ["FUSION_RANK"] = $"{rank}", ["FUSION_DEVICE"] = devices[rank % devices.Length] };
        foreach (var (name, value) in more) own[name] = value;
        return new(own);
    }

    /// <summary>Starts a rank's process anew.</summary>
    public void Restart(int rank)
    {
        ranks[rank].Dispose();
        ranks[rank] = Start(rank);
    }

    /// <summary>Tells all ranks the same and waits for all answers.</summary>
    public async Task<string[]> All(string command)
    {
        ranks.ForEach(rank => rank.Tell(command));
        return await Task.WhenAll(ranks.Select(rank => rank.Answer()));
    }

    /// <summary>Tells all ranks the same, which must succeed.</summary>
    public async Task MustAll(string command) =>
        Assert.That(await All(command), Has.All.StartsWith("ok"), command);

    public void Dispose() => ranks.ForEach(rank => rank.Dispose());
}
