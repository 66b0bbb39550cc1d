using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests.Devices;

/// <summary>Waits for streams and events that block no thread.</summary>
public sealed class WaitsForStreams
{
    private ManagedDriver driver = null!;
    private GpuContext context = null!;
    private GpuStream stream = null!;

    [SetUp]
    public void Open()
    {
        driver = new();
        context = GpuContext.Open();
        stream = new(context);
    }

    [TearDown]
    public void Close()
    {
        stream.Dispose();
        context.Dispose();
        driver.Dispose();
    }

    [Test]
    public async Task EndWhenTheWorkIsDone()
    {
        ManagedDriver.Hold();
        using var point = new GpuEvent(context);
        point.Record(stream);
        var (ofStream, ofEvent) = (stream.SynchronizeAsync(), point.SynchronizeAsync());
        await Task.Delay(20);
        Assert.That((ofStream.IsCompleted, ofEvent.IsCompleted), Is.EqualTo((false, false)));

        ManagedDriver.Release();

        await Task.WhenAll(ofStream, ofEvent).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(ManagedDriver.Faults, Is.Zero);
    }

    [Test]
    public async Task ThousandAtOnceNeedNoThreadEach()
    {
        ManagedDriver.Hold();
        var before = ThreadPool.ThreadCount;
        var waits = Enumerable.Range(0, 1000).Select(async _ => await stream.SynchronizeAsync()).ToArray();
        await Task.Delay(50);

        Assert.That(ThreadPool.ThreadCount, Is.LessThan(before + 20));
        Assert.That(waits, Has.All.Matches<Task>(wait => wait is { IsCompleted: false }));
        Assert.That(ManagedDriver.Live("stream"), Is.EqualTo(2), "one calls back for all");
        ManagedDriver.Release();
        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(ManagedDriver.Live("event"), Is.LessThan(20), "few are kept for later waits");
    }

    [Test]
    public async Task AreOverAtOnceWhereNothingRuns()
    {
        Assert.That(stream.SynchronizeAsync().IsCompletedSuccessfully);
        await stream.SynchronizeAsync();
        Assert.That(ManagedDriver.Live("stream"), Is.EqualTo(1));
    }

    [Test]
    public async Task ForAnEarlierEventDoNotWaitForLaterWork()
    {
        ManagedDriver.Hold();
        using var early = new GpuEvent(context);
        early.Record(stream);
        var ofStream = stream.SynchronizeAsync();

        var ofEvent = early.SynchronizeAsync();

        Assert.That(ManagedDriver.Live("stream"), Is.EqualTo(3), "each has its call");
        ManagedDriver.Release();
        await Task.WhenAll(ofStream, ofEvent).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public async Task ThatAreCancelledLeaveTheWorkAlone()
    {
        ManagedDriver.Hold();
        using var cancellation = new CancellationTokenSource();
        var cancelled = stream.SynchronizeAsync(cancellation.Token);
        var other = stream.SynchronizeAsync();

        await cancellation.CancelAsync();

        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(other.IsCompleted, Is.False);
        ManagedDriver.Release();
        await other.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(async () => await stream.SynchronizeAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void SayThatTheWorkFailed()
    {
        ManagedDriver.Hold();
        var wait = stream.SynchronizeAsync();
        ManagedDriver.WorkResult = CudaResult.LaunchFailed;

        ManagedDriver.Release();

        Assert.That(async () => await wait.WaitAsync(TimeSpan.FromSeconds(30)), Throws.TypeOf<GpuException>().With.Message.Contain("(719)"));
        ManagedDriver.WorkResult = CudaResult.Success;
    }

    [Test]
    public async Task ThatTheDriverRefusesDoNotHoldUpLaterOnes()
    {
        ManagedDriver.Hold();
        ManagedDriver.RefusesCallbacks = true;
        Assert.That(() => stream.SynchronizeAsync(), Throws.TypeOf<GpuException>().With.Message.Contain("cuStreamAddCallback"));
        ManagedDriver.RefusesCallbacks = false;
        var later = stream.SynchronizeAsync();

        ManagedDriver.Release();

        await later.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public void AreRefusedInAStreamThatIsBeingRecorded()
    {
        ManagedDriver.Capturing = stream.Handle;
        Assert.That(() => stream.SynchronizeAsync(), Throws.InvalidOperationException.With.Message.Contain("recorded"));
    }

    [Test]
    public async Task GoOnWhenTheStreamIsDisposed()
    {
        ManagedDriver.Hold();
        var wait = stream.SynchronizeAsync();
        stream.Dispose();
        Assert.That(() => stream.SynchronizeAsync(), Throws.TypeOf<ObjectDisposedException>());

        ManagedDriver.Release();

        await wait.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Test]
    public void ForAnEventThatWasNeverRecordedAreOver()
    {
        using var point = new GpuEvent(context);
        Assert.That(point.SynchronizeAsync().IsCompletedSuccessfully);
    }
}
