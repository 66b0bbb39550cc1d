namespace Fusion.Runtime.Tests.Ranks;

/// <summary>Waits for calls that block no thread, on the CPU.</summary>
public sealed class WaitsForCalls
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Test]
    public async Task EndWhenTheLastRankHasLaunched()
    {
        using var op = new CpuOperation(2);
        op.SetInput(0, 1);
        op.SetInput(1, 2);
        op.Launch(0);
        var before = ThreadPool.ThreadCount;
        var waits = Enumerable.Range(0, 1000).Select(_ => op.Operation.SynchronizeAsync(0)).ToArray();
        await Task.Delay(20);
        Assert.That(waits, Has.All.Matches<Task>(wait => wait is { IsCompleted: false }));
        Assert.That(ThreadPool.ThreadCount, Is.LessThan(before + 20));

        op.Launch(1);

        await Task.WhenAll(waits).WaitAsync(Long);
        Assert.That(op.Sum(0), Is.All.EqualTo(3));
        Assert.That(op.Operation.SynchronizeAsync(1).IsCompletedSuccessfully);
    }

    [Test]
    public void NameTheRankThatDoesNotCome()
    {
        using var op = new CpuOperation(2, timeout: TimeSpan.FromMilliseconds(30));
        op.Launch(0);

        Assert.That(
            async () => await op.Operation.SynchronizeAsync(0).WaitAsync(Long),
            Throws.TypeOf<PeerTimeoutException>().With.Property(nameof(PeerTimeoutException.Peer)).EqualTo(1));
    }

    [Test]
    public async Task CanBeCancelled()
    {
        using var op = new CpuOperation(2);
        op.Launch(0);
        using var soon = new CancellationTokenSource();
        var wait = op.Operation.SynchronizeAsync(0, null, soon.Token);
        await soon.CancelAsync();

        Assert.That(async () => await wait.WaitAsync(Long), Throws.InstanceOf<OperationCanceledException>());

        op.Launch(1);
        await op.Operation.SynchronizeAsync(0).WaitAsync(Long);
        Assert.That(async () => await op.Operation.SynchronizeAsync(0, null, soon.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task EndWhenTheOperationIsReset()
    {
        using var op = new CpuOperation(2);
        op.Launch(0);
        var wait = op.Operation.SynchronizeAsync(0);

        op.Operation.Reset();

        await wait.WaitAsync(Long);
    }

    [Test]
    public async Task AreNotNeededBeforeDisposing()
    {
        var group = RankGroup.OnCpu(2);
        await using (group)
        {
            await using var operation = new AllReduce(group, CpuOperation.Options());
        }

        Assert.That(() => new AllReduce(group, CpuOperation.Options()), Throws.TypeOf<ObjectDisposedException>());
    }
}
