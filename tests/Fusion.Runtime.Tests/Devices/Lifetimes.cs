using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;

namespace Fusion.Runtime.Tests.Devices;

/// <summary>What belongs to the driver is freed once, in any order, never under a call, and also if it is forgotten.</summary>
public sealed class Lifetimes
{
    private ManagedDriver driver = null!;

    [SetUp]
    public void UseTheManagedDriver() => driver = new();

    [TearDown]
    public void UseTheRealOne() => driver.Dispose();

    [Test]
    public void ThingsThatOutliveTheirContextCanBeDisposedAndDoNothingElse()
    {
        var context = GpuContext.Open();
        var stream = new GpuStream(context);
        var point = new GpuEvent(context);
        var buffer = new DeviceBuffer<int>(context, 4);
        var pinned = new PinnedBuffer<int>(context, 4);
        context.Dispose();

        Assert.That(ManagedDriver.Primaries, Is.EqualTo(1), "the context stays for them");
        Assert.That(() => new GpuStream(context), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(stream.Synchronize, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => point.Record(stream), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => buffer.FillBytes(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => buffer.CopyFrom(stream, pinned.Memory), Throws.TypeOf<ObjectDisposedException>());
        foreach (var one in new IDisposable[] { buffer, point, stream, pinned, context, buffer, point, stream, pinned }) one.Dispose();

        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task ThingsThatOutliveTheirDriverAreLetGo()
    {
        var context = GpuContext.Open();
        var stream = new GpuStream(context);
        IDisposable[] things = [new GpuEvent(context), new DeviceBuffer<int>(context, 4), new PinnedBuffer<int>(context, 4), stream, context];
        ManagedDriver.Hold();
        var wait = stream.SynchronizeAsync();
        stream.Dispose();
        driver.Dispose();
        Assume.That(GpuDriver.IsAvailable, Is.False, "A driver of the machine does not know these things.");

        // Calls back on a thread of the pool, where an exception would end the process.
        ManagedDriver.Release();

        await wait.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.That(wait.IsCompleted);
        foreach (var one in things) Assert.That(one.Dispose, Throws.Nothing);
    }

    [Test]
    public void ThingsInAContextOfAnotherLibraryAreLeftAloneOnceItsWrapperIsDisposed()
    {
        using var primary = GpuContext.Open();
        var context = GpuContext.FromHandle(primary.Handle);
        var stream = new GpuStream(context);
        var buffer = new DeviceBuffer<int>(context, 1);
        context.Dispose();

        stream.Dispose();
        buffer.Dispose();

        Assert.That((ManagedDriver.Live("stream"), ManagedDriver.Live("buffer")), Is.EqualTo((1, 1)), "they end with the context");
        Assert.That(ManagedDriver.Faults, Is.Zero);
    }

    [Test]
    public void ForgottenThingsAreFreedAndReported()
    {
        using var warnings = new Warnings();
        Forget();

        Assert.That(Reclaimer.Flush(TimeSpan.FromSeconds(10)));

        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((0, 0)));
        Assert.That(warnings.Kinds, Is.EquivalentTo(new[] { "context", "stream", "event", "buffer", "buffer", "pinned buffer" }));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget()
        {
            var context = GpuContext.Open();
            var stream = new GpuStream(context);
            new GpuEvent(context).Record(stream);
            _ = new DeviceBuffer<int>(context, 4);
            _ = new DeviceBuffer<int>(stream, 4);
            _ = new PinnedBuffer<int>(context, 4);
        }
    }

    [Test]
    public void WhatIsDisposedIsNotReported()
    {
        using var warnings = new Warnings();
        using (var context = GpuContext.Open())
        using (var stream = new GpuStream(context))
        using (new DeviceBuffer<int>(stream, 4))
        using (new GpuEvent(context))
        {
            stream.SynchronizeAsync().Wait();
        }

        Reclaimer.Flush(TimeSpan.FromSeconds(10));
        Assert.That(warnings.Kinds, Is.Empty);
        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((0, 0)));
    }

    [Test]
    public void ForgottenMemoryIsFreedBeforeThereIsNoneLeft()
    {
        using var context = GpuContext.Open();
        ManagedDriver.MemoryLimit = 3;

        for (var i = 0; i < 20; i++) Forget(context);

        Assert.That(ManagedDriver.Live("buffer"), Is.LessThanOrEqualTo(3));
        var kept = Enumerable.Range(0, 3).Select(_ => new DeviceBuffer<int>(context, 1)).ToArray();
        Assert.That(() => new DeviceBuffer<int>(context, 1), Throws.TypeOf<GpuException>().With.Message.Contain("(2)"));
        Array.ForEach(kept, buffer => buffer.Dispose());

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(GpuContext context) => _ = new DeviceBuffer<int>(context, 1);
    }

    [Test]
    public void MemoryIsNotFreedUnderACopy()
    {
        using var context = GpuContext.Open();
        var buffer = new DeviceBuffer<int>(context, 4);
        using var isInside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        ManagedDriver.BeforeCopy = () =>
        {
            isInside.Set();
            goOn.Wait();
        };
        var copy = Task.Run(() => buffer.CopyFrom([1, 2, 3, 4]));
        isInside.Wait();

        buffer.Dispose();

        Assert.That(ManagedDriver.Live("buffer"), Is.EqualTo(1), "the copy runs");
        goOn.Set();
        copy.Wait();
        Assert.That((ManagedDriver.Live("buffer"), ManagedDriver.Faults), Is.EqualTo((0, 0)));
        Assert.That(() => buffer.CopyFrom([1]), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void ABufferOfAStreamIsFreedInItAlsoIfTheStreamIsDisposedBefore()
    {
        using var context = GpuContext.Open();
        var stream = new GpuStream(context);
        var buffer = new DeviceBuffer<int>(stream, 4);
        stream.Dispose();
        Assert.That(ManagedDriver.Live("stream"), Is.EqualTo(1), "the buffer keeps it");

        buffer.Dispose();

        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((1, 0)), "the context");
    }

    [Test]
    public void ThreadsMayDisposeWhatOthersUse()
    {
        using var context = GpuContext.Open();
        for (var round = 0; round < 50; round++)
        {
            var stream = new GpuStream(context);
            var point = new GpuEvent(context);
            var buffer = new DeviceBuffer<int>(context, 4);
            var pinned = new PinnedBuffer<int>(context, 4);
            using var start = new Barrier(8);
            var threads = Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    for (var n = 0; n < 20; n++)
                    {
                        if (n == 10 && i == 0) DisposeAll();
                        try
                        {
                            buffer.CopyFrom(stream, pinned.Memory);
                            point.Record(stream);
                            stream.WaitFor(point);
                            stream.Synchronize();
                        }
                        catch (ObjectDisposedException)
                        {
                        }
                    }
                },
                TaskCreationOptions.LongRunning)).ToArray();
            Task.WaitAll(threads);

            void DisposeAll()
            {
                stream.Dispose();
                pinned.Dispose();
                point.Dispose();
                buffer.Dispose();
            }
        }

        context.Dispose();
        Assert.That((ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((0, 0)));
    }

    [Test]
    public void TenThousandRoundsLeaveNothing()
    {
        Round();
        var live = NativeHandle.Live;
        GC.Collect();
        var managed = GC.GetTotalMemory(true);

        for (var i = 0; i < 10_000; i++) Round();

        Assert.That((NativeHandle.Live, ManagedDriver.LiveThings, ManagedDriver.Faults), Is.EqualTo((live, 0, 0)));
        Assert.That(GC.GetTotalMemory(true), Is.LessThan(managed + 200_000));

        static void Round()
        {
            using var context = GpuContext.Open();
            using var stream = new GpuStream(context);
            using var point = new GpuEvent(context);
            using var buffer = new DeviceBuffer<int>(context, [1, 2]);
            using var pinned = new PinnedBuffer<int>(context, 2);
            buffer.CopyTo(stream, pinned.Memory);
            point.Record(stream);
        }
    }

    private sealed class Warnings : EventListener
    {
        private readonly List<string> kinds = [];

        public string[] Kinds
        {
            get
            {
                lock (kinds) return [.. kinds];
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == FusionEventSource.SourceName) EnableEvents(eventSource, EventLevel.Warning);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (kinds is null) return;
            lock (kinds) kinds.Add((string)eventData.Payload![0]!);
        }
    }
}
