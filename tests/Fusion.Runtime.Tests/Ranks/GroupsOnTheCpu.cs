namespace Fusion.Runtime.Tests.Ranks;

public sealed class GroupsOnTheCpu
{
    [TestCase(0)]
    [TestCase(9)]
    [TestCase(15)]
    [TestCase(17)]
    public void OfASizeWithoutKernelsAreRefused(int ranks) => Assert.That(
        () => RankGroup.OnCpu(ranks),
        Throws.TypeOf<FusionArgumentException>().With.Message.Contain($"A group of {ranks} rank")
            .And.Message.Contain("1 to 8 and 16"));

    [Test]
    public void HaveRanksWithoutAGpu()
    {
        using var group = RankGroup.OnCpu(16);

        Assert.That(group.Ranks.Select(rank => rank.Index), Is.EqualTo(Enumerable.Range(0, 16)));
        Assert.That(group.Ranks, Is.All.Property("Context").Null.And.All.Property("Stream").Null);
        Assert.That(group.Ranks[3].CreateStream(), Is.Null);
        Assert.That(group.Ranks[3].ToString(), Is.EqualTo("rank 3 on the CPU"));
    }

    [Test]
    public void RefuseRanksThatTheyDoNotHave()
    {
        using var op = new CpuOperation(2);

        Assert.That(() => op.Operation.Launch(2, null, op.Call(0)),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("ranks 0 to 1"));
        Assert.That(() => op.Operation.Synchronize(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void PlanEveryCallWithoutAnExchange()
    {
        using var op = new CpuOperation(2);

        Assert.That(op.Operation.Plan(1).Reason, Does.Contain("CPU"));
        Assert.That(op.Operation.Plan(5).IsRefused);
        Assert.That(op.Operation.WorkspaceBytes, Is.Zero);
    }

    [Test]
    public void AreOfNoUseWhenDisposed()
    {
        using var op = new CpuOperation(2);
        op.Operation.Dispose();
        op.Operation.Dispose();

        Assert.That(() => op.Launch(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => op.Operation.Synchronize(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(op.Operation.ThrowIfFailed, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(op.Operation.Reset, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void TakeTheirOperationsWithThem()
    {
        using var op = new CpuOperation(2);
        op.Group.Dispose();

        Assert.That(() => op.Launch(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => new AllReduce(op.Group, CpuOperation.Options()), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void DisposeWhatIsMadeOfThemTooLate()
    {
        var group = RankGroup.OnCpu(2);
        var early = new CountedDispose();
        var late = new CountedDispose();
        group.Own(early);
        group.Dispose();

        Assert.That(() => group.Own(late), Throws.TypeOf<ObjectDisposedException>());
        Assert.That((early.Count, late.Count), Is.EqualTo((1, 1)));
    }

    private sealed class CountedDispose : IDisposable
    {
        public int Count { get; private set; }

        public void Dispose() => Count++;
    }
}
