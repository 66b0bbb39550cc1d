namespace Fusion.Runtime.Tests.Run;

/// <summary><see cref="CallLog{TShape}"/> compares the calls of ranks that launch from threads of their own.</summary>
public sealed class LogsOfCalls
{
    private static readonly CollectiveShape Usual = new(CollectiveKind.AllGatherRows, ElementType.BFloat16, 4, 64, 0);

    [Test]
    public void FindOneCallThatDiffersHoweverThreadsInterleave([Values(2, 3, 4)] int ranks)
    {
        const int Rounds = 400, Calls = 20;
        var log = new CallLog<CollectiveShape>(ranks, [.. Enumerable.Range(0, ranks)]);
        using var start = new Barrier(ranks);
        var found = new RankGroupException?[Rounds, ranks];
        Parallel(ranks, rank =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                if (rank == 0) log.Clear();
                start.SignalAndWait();
                try
                {
                    for (var call = 0; call < Calls; call++) Add(log, rank, Usual with { Rows = 4 + call + (rank == round % ranks && call == Calls / 2 ? 100 : 0) });
                }
                catch (RankGroupException e)
                {
                    found[round, rank] = e;
                }

                start.SignalAndWait();
            }
        });

        for (var round = 0; round < Rounds; round++)
        {
            var failures = Enumerable.Range(0, ranks).Select(rank => found[round, rank]).OfType<RankGroupException>().ToArray();
            Assert.That(failures, Is.Not.Empty, $"round {round}");
            Assert.That(failures.Select(failure => failure.Message), Has.All.StartsWith("FUSION4009: In call 10, rows: "));
            Assert.That(failures.Select(failure => failure.Ranks), Has.All.Contains(round % ranks));
        }
    }

    [Test]
    public void TakeEqualCallsForEqualHoweverFarARankIsAhead()
    {
        const int Calls = 20000;
        var log = new CallLog<CollectiveShape>(3, 0, 1, 2);
        Assert.That(() => Parallel(3, rank =>
        {
            for (var call = 0; call < Calls; call++) Add(log, rank, Usual with { Rows = call });
        }), Throws.Nothing);

        Assert.That(Enumerable.Range(0, 3).Select(log.CountOf), Has.All.EqualTo(Calls));
        Assert.That(log.TryGetLast(0, out var first) && log.TryGetLast(2, out var last) && first == last, Is.True);
    }

    [Test]
    public void KnowTheLastCallsAlone()
    {
        var log = new CallLog<CollectiveShape>(2, 1);
        for (var call = 0; call < 1500; call++) Add(log, 1, Usual with { Rows = call });

        Assert.That((log.TryGet(1, 400, out _), log.TryGet(1, 1501, out _), log.TryGet(1, 0, out _)), Is.EqualTo((false, false, false)));
        Assert.That(log.Describe(1, 1400)!.Single(item => item.Key == "rows").Value, Is.EqualTo("1399"));
    }

    [Test]
    public void ForgetACallThatCouldNotBeLaunched()
    {
        var log = new CallLog<CollectiveShape>(2, 0, 1);
        Add(log, 0, Usual);
        Add(log, 0, Usual with { Rows = 99 });
        log.TakeBack(0);
        Add(log, 0, Usual with { Rows = 5 });
        Add(log, 1, Usual);
        Add(log, 1, Usual with { Rows = 5 });

        Assert.That(log.TryGetLast(0, out var first) && log.TryGetLast(1, out var other) && first == other, Is.True);
        Assert.That(() => Add(log, 1, Usual with { Rows = 6 }), Throws.Nothing, "the other rank may follow");
    }

    [Test]
    public void HashCallsInTheirOrder()
    {
        var log = new CallLog<CollectiveShape>(2, 0);
        Add(log, 0, Usual);
        Add(log, 0, Usual with { Rows = 5 });
        var other = new CallLog<CollectiveShape>(2, 1);
        Add(other, 1, Usual with { Rows = 5 });
        Add(other, 1, Usual);

        Assert.That(log.TryGetLast(0, out var first) && other.TryGetLast(1, out var second) && first.Hash != second.Hash, Is.True);
    }

    private static void Add(CallLog<CollectiveShape> log, int rank, CollectiveShape shape) => log.Add(rank, shape, shape.Fingerprint);

    private static void Parallel(int ranks, Action<int> work) =>
        Task.WaitAll(Enumerable.Range(0, ranks).Select(rank => Task.Factory.StartNew(() => work(rank), TaskCreationOptions.LongRunning)).ToArray());
}
