namespace Fusion.Runtime.Tests.Ranks;

public sealed class RanksThatDoNotCome
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    [Test]
    public void AreNamedToWhoWaitsForThem()
    {
        using var op = new CpuOperation(4, timeout: Short);
        op.LaunchAll();
        op.Launch(1);
        op.Launch(3);

        var failure = Assert.Throws<PeerTimeoutException>(() => op.Operation.Synchronize(3))!;

        Assert.That(failure.Code, Is.EqualTo("FUSION4005"));
        Assert.That((failure.Rank, failure.Peer, failure.Call, failure.Timeout), Is.EqualTo((3, 0, 1, Short)));
        Assert.That(failure.Peers, Is.EqualTo([0, 2]));
        Assert.That(failure.Message, Does.Contain("Rank 3 waited for ranks 0, 2").And.Contain("0.02 s").And.Contain("call 1"));
    }

    [Test]
    public void EveryRankIsToldOnceAndThenToReset()
    {
        using var op = Failed();

        Assert.That(() => op.Launch(1), Throws.TypeOf<PeerTimeoutException>(), "rank 1 did not know");
        Assert.That(() => op.Launch(1), Throws.TypeOf<ResetRequiredException>().With.Message.Contain("call Reset once")
            .And.InnerException.TypeOf<PeerTimeoutException>());
        Assert.That(() => op.Launch(0), Throws.TypeOf<ResetRequiredException>(), "rank 0 knows from Synchronize");
        Assert.That(op.Operation.ThrowIfFailed, Throws.TypeOf<PeerTimeoutException>());
        Assert.That(() => op.Operation.Synchronize(1), Throws.TypeOf<PeerTimeoutException>());
    }

    [Test]
    public void AreSeenByAHealthCheckThatTakesTheFailureFromNoRank()
    {
        using var op = Failed();

        for (var i = 0; i < 2; i++) Assert.That(op.Operation.ThrowIfFailed, Throws.TypeOf<PeerTimeoutException>());
        Assert.That(() => op.Launch(1), Throws.TypeOf<PeerTimeoutException>(), "rank 1 still gets it once");
    }

    [Test]
    public void DoNotMatterAnyMoreOnceTheOperationIsReset()
    {
        using var op = Failed();

        op.Operation.Reset();
        op.SetInput(0, 3);
        op.SetInput(1, 4);
        op.LaunchAll(2);

        Assert.That(op.Sum(0, 2), Is.All.EqualTo(7));
        Assert.That(op.Sum(1, 2), Is.All.EqualTo(7));
        Assert.That(op.Operation.ThrowIfFailed, Throws.Nothing);
    }

    [Test]
    public void FailAgainAfterAReset()
    {
        using var op = Failed();
        op.Operation.Reset();
        op.Launch(1);

        Assert.That(() => op.Operation.Synchronize(1),
            Throws.TypeOf<PeerTimeoutException>().With.Property("Rank").EqualTo(1).And.Property("Peer").EqualTo(0)
                .And.Property("Call").EqualTo(0));
    }

    [Test]
    public void EndAWaitInAnotherThread()
    {
        using var op = new CpuOperation(3, timeout: Short);
        op.Launch(0);
        op.Launch(1);
        var failures = new FusionException?[2];
        var threads = Enumerable.Range(0, 2).Select(rank => new Thread(() =>
            failures[rank] = Assert.Catch<FusionException>(() => op.Operation.Synchronize(rank)))).ToArray();

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => Assert.That(thread.Join(TimeSpan.FromMinutes(1)), "a thread hangs"));

        Assert.That(failures, Is.All.TypeOf<PeerTimeoutException>().With.All.Property("Peer").EqualTo(2));
    }

    // One object on two threads would mix their stack traces.
    [Test]
    public void AreToldToEachRankInAnExceptionOfItsOwn()
    {
        using var op = new CpuOperation(3, timeout: Short);
        op.Launch(0);
        op.Launch(1);

        Exception[] failures = [.. Enumerable.Range(0, 2).Select(rank => Assert.Throws<PeerTimeoutException>(() => op.Operation.Synchronize(rank))!),
            Assert.Throws<PeerTimeoutException>(op.Operation.ThrowIfFailed)!];

        Assert.That(failures.Distinct(ReferenceEqualityComparer.Instance).Count(), Is.EqualTo(3));
        Assert.That(failures.Select(failure => failure.Message).Distinct().Count(), Is.EqualTo(1));
    }

    private static CpuOperation Failed()
    {
        var op = new CpuOperation(2, timeout: Short);
        op.Launch(0);
        Assert.That(() => op.Operation.Synchronize(0), Throws.TypeOf<PeerTimeoutException>());
        return op;
    }
}
