namespace Fusion.Runtime.Tests.Devices;

/// <summary>What can be asked of streams, events and GPUs without waiting.</summary>
public sealed class StatesOfStreams
{
    private ManagedDriver driver = null!;
    private GpuContext context = null!;

    [SetUp]
    public void Open()
    {
        driver = new();
        context = GpuContext.Open();
    }

    [TearDown]
    public void Close()
    {
        ManagedDriver.Release();
        context.Dispose();
        driver.Dispose();
    }

    [Test]
    public void SayWhetherTheWorkIsDone()
    {
        using var stream = new GpuStream(context);
        using var point = new GpuEvent(context);
        Assert.That((stream.IsCompleted, point.IsCompleted), Is.EqualTo((true, true)), "nothing was enqueued or recorded");
        ManagedDriver.Hold();
        point.Record(stream);
        Assert.That((stream.IsCompleted, point.IsCompleted), Is.EqualTo((false, false)));
        ManagedDriver.Release();
        stream.Synchronize();
        Assert.That((stream.IsCompleted, point.IsCompleted), Is.EqualTo((true, true)));
    }

    [Test]
    public void OfDisposedOnesCannotBeAsked()
    {
        var stream = new GpuStream(context);
        stream.Dispose();
        Assert.That(() => stream.IsCompleted, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void OfTheSameGpuAreEqual()
    {
        var all = GpuDevice.GetAll();
        Assert.That(all, Has.Count.EqualTo(GpuDevice.Count).And.Some.EqualTo(context.Device));
        Assert.That(context.Device.CanAccessPeer(GpuDevice.Get(0)), Is.True);
        Assert.That(context.GetFreeMemoryBytes(), Is.EqualTo(1 << 19));
    }
}
