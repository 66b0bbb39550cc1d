using System.Diagnostics;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;

namespace Fusion.Graph.Tests.Execution;

/// <summary>A graph in each of two processes, with a rank in each: here two groups of one process that know each other by their connection
/// alone.</summary>
public sealed class RanksOfOtherProcesses
{
    private const int Hidden = 16, Tokens = 3;

    [TestCase(true)]
    [TestCase(false)]
    public async Task GetTheResultsOfOneProcess(bool fuses)
    {
        using var alone = RankGroup.OnCpu(2);
        var expected = Results(alone, fuses);

        var together = await Together(group =>
        {
            // The other one launches later, so that nobody can compute with what has not come.
            if (group.LocalRanks[0].Index == 1) Thread.Sleep(100);
            return Results(group, fuses)[group.LocalRanks[0].Index];
        });

        Assert.That(together[0], Is.EqualTo(expected[0]).And.Not.All.EqualTo(together[0][0]));
        Assert.That(together[1], Is.EqualTo(expected[1]));
    }

    [Test]
    public Task AreNeitherWrittenNorRead() => Together(group =>
    {
        using var compiled = Graph().Compile(group, new() { MaxTokens = Tokens });
        var (own, other) = (group.LocalRanks[0].Index, 1 - group.LocalRanks[0].Index);
        Assert.That(() => compiled.SetInput<BFloat16>(other, "x", new BFloat16[Hidden]), Throws.TypeOf<ArgumentOutOfRangeException>()
            .With.Message.StartsWith($"Another process has rank {other}; this one launches {own}."));
        Fill(compiled, own);
        var run = compiled.Run(Tokens);
        Assert.That(() => run.Read<float>(other, "y"), Throws.TypeOf<ArgumentOutOfRangeException>());
        return run.Read<float>(own, "y");
    });

    [Test]
    public Task ThatDoNotRunEndTheWaitOfTheOthers() => Together(group =>
    {
        var timeout = TimeSpan.FromSeconds(1);
        using var compiled = Graph().Compile(group, new() { MaxTokens = Tokens, Timeout = timeout });
        Fill(compiled, group.LocalRanks[0].Index);
        var clock = Stopwatch.StartNew();
        if (group.LocalRanks[0].Index == 0) Assert.That(() => compiled.Run(Tokens), Throws.TypeOf<PeerTimeoutException>());
        // To reset, ranks wait for each other too, and not for ever.
        else Thread.Sleep(timeout);
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));

        compiled.Reset();
        return compiled.Run(Tokens).Read<float>(group.LocalRanks[0].Index, "y");
    });

    // An all-reduce with what follows it, a second one of what that gives, and what the ranks gather.
    private static TensorGraph Graph()
    {
        var b = new GraphBuilder("g");
        var first = b.Input("x", Hidden, ElementType.BFloat16).AllReduce().Add(b.Input("r", Hidden, ElementType.BFloat16));
        var normed = first.RmsNorm(b.Weight("gamma", Hidden, ElementType.BFloat16), 1e-5f);
        var second = normed.Matmul(b.Weight("w", Hidden, Hidden, ElementType.BFloat16), output: ElementType.Float32).AllReduce();
        return b.Output("y", second).Output("all", second.AllGatherColumns(2)).Output("best", second.ArgMax()).Build();
    }

    private static float[][] Results(RankGroup group, bool fuses)
    {
        using var compiled = Graph().Compile(group, new() { MaxTokens = Tokens, Passes = fuses ? null : FusionPassConfig.Off });
        foreach (var rank in group.LocalRanks) Fill(compiled, rank.Index);
        var results = new float[group.WorldSize][];
        for (var i = 0; i < 3; i++)
        {
            var run = compiled.Run(Tokens);
            foreach (var rank in group.LocalRanks)
                results[rank.Index] = [.. run.Read<float>(rank.Index, "y"), .. run.Read<float>(rank.Index, "all"), .. run.Read<int>(rank.Index, "best").Select(token => (float)token)];
        }

        return results;
    }

    private static void Fill(CompiledGraph compiled, int rank)
    {
        compiled.SetWeight<BFloat16>(rank, "gamma", Numbers(Hidden, 7));
        compiled.SetWeight<BFloat16>(rank, "w", Numbers(Hidden * Hidden, 10 + rank));
        compiled.SetInput<BFloat16>(rank, "x", Numbers(Tokens * Hidden, 20 + rank));
        compiled.SetInput<BFloat16>(rank, "r", Numbers(Tokens * Hidden, 8));
    }

    private static BFloat16[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (BFloat16)(float)(random.NextDouble() - 0.5))];
    }

    private static Task<float[][]> Together(Func<RankGroup, float[]> use)
    {
        var address = RendezvousAddress.Unix($"@fusion-test-{Guid.NewGuid():n}");
        return Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(new()
            {
                Rank = rank,
                WorldSize = 2,
                Address = address,
                Device = Rendezvous.OnCpu,
                Timeout = TimeSpan.FromSeconds(20),
            });
            return use(group);
        })));
    }
}
