using System.Diagnostics;
using System.Runtime.CompilerServices;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Devices;

/// <summary>Waits that block no thread, and the ends of what belongs to the driver.</summary>
public sealed class LifetimesOnTheGpu : GpuTest
{
    [Test]
    public async Task ThousandWaitsNeedNoThreadEach()
    {
        using var point = new GpuEvent(Context);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), 2_000_000_000UL);
        point.Record(Stream);
        var before = ThreadPool.ThreadCount;

        var waits = Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? Stream.SynchronizeAsync() : point.SynchronizeAsync()).ToArray();

        Assert.That(waits, Has.All.Matches<Task>(wait => wait is { IsCompleted: false }));
        Assert.That(ThreadPool.ThreadCount, Is.LessThan(before + 20));
        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(30));
        Stream.Synchronize();
    }

    [Test]
    public async Task ACancelledWaitLeavesTheWorkAlone()
    {
        using var buffer = new DeviceBuffer<int>(Context, [1, 2, 3]);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(30));
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), 200_000_000UL);
        Kernels.GetKernel("scale<int>").Launch(Stream, new LaunchShape(1, 32), buffer, 2, 3);

        Assert.That(async () => await Stream.SynchronizeAsync(soon.Token), Throws.InstanceOf<OperationCanceledException>());

        await Stream.SynchronizeAsync();
        Assert.That(Read(buffer), Is.EqualTo(new[] { 2, 4, 6 }));
    }

    [Test]
    public async Task AWaitDoesNotHoldUpLaterWork()
    {
        using var first = new GpuStream(Context);
        using var second = new GpuStream(Context);
        TypedKernels.Hold.Launch(first, new LaunchShape(1, 1), 300_000_000UL);
        var ofFirst = first.SynchronizeAsync();
        TypedKernels.Hold.Launch(second, new LaunchShape(1, 1), 1_000_000UL);

        await second.SynchronizeAsync();

        Assert.That(ofFirst.IsCompleted, Is.False);
        await ofFirst;
    }

    [Test]
    public async Task AWaitForAnEventDoesNotWaitForLaterWorkOfItsStream()
    {
        using var point = new GpuEvent(Context);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), 50_000_000UL);
        point.Record(Stream);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), 500_000_000UL);
        var ofStream = Stream.SynchronizeAsync();

        await point.SynchronizeAsync();

        Assert.That(ofStream.IsCompleted, Is.False);
        await ofStream;
    }

    [Test]
    public void TenThousandRoundsLeaveNothing()
    {
        for (var i = 0; i < 100; i++) Round();
        var live = NativeHandle.Live;
        GC.Collect();
        var (managed, resident) = (GC.GetTotalMemory(true), Resident());

        for (var i = 0; i < 10_000; i++) Round();

        Assert.That(NativeHandle.Live, Is.EqualTo(live));
        Assert.That(GC.GetTotalMemory(true), Is.LessThan(managed + 500_000));
        Assert.That(Resident(), Is.LessThan(resident + (64L << 20)));

        void Round()
        {
            using var context = GpuContext.Open();
            using var stream = new GpuStream(context);
            using var point = new GpuEvent(context);
            using var buffer = new DeviceBuffer<int>(stream, 1024);
            using var pinned = new PinnedBuffer<int>(context, 16);
            buffer.Slice(0, 16).CopyTo(stream, pinned.Memory);
            point.Record(stream);
        }

        static long Resident()
        {
            using var self = Process.GetCurrentProcess();
            return self.WorkingSet64;
        }
    }

    [Test]
    public void ThreadsMayDisposeWhatOthersLaunch()
    {
        for (var round = 0; round < 20; round++)
        {
            var stream = new GpuStream(Context);
            var library = LoadKernels();
            var kernel = library.GetKernel("scale<int>");
            using var buffer = new DeviceBuffer<int>(Context, [1, 2, 3]);
            using var start = new Barrier(8);
            Task.WaitAll([.. Enumerable.Range(0, 8).Select(i => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    for (var n = 0; n < 200; n++)
                    {
                        if (n == 100 && i == 0) stream.Dispose();
                        if (n == 150 && i == 1) library.Dispose();
                        try
                        {
                            kernel.Launch(stream, new LaunchShape(1, 32), buffer, 1, 3);
                        }
                        catch (ObjectDisposedException)
                        {
                        }
                    }
                },
                TaskCreationOptions.LongRunning))]);
            Context.Synchronize();
            Assert.That(Read(buffer), Is.EqualTo(new[] { 1, 2, 3 }));
        }
    }

    [Test]
    public void AForgottenOperationEndsItsCallsFirst()
    {
        var live = NativeHandle.Live;
        var outputs = Forget();
        Reclaimer.Flush(TimeSpan.FromSeconds(30));

        Assert.That(outputs, Has.All.EqualTo(3f));
        Assert.That(NativeHandle.Live, Is.EqualTo(live));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static float[] Forget()
        {
            var group = RankGroup.Loopback(2);
            var operation = new Runtime.AllReduce(group, new() { HiddenSize = 64, MaxTokens = 1, DataType = ElementType.Float32 });
            var inputs = group.Ranks.Select(rank =>
            {
                var input = rank.Allocate<float>(64);
                input.CopyFrom([.. Enumerable.Repeat(rank.Index + 1f, 64)]);
                return input;
            }).ToArray();
            foreach (var rank in group.Ranks)
                operation.Launch(rank.Index, null, new() { Input = inputs[rank.Index].AsTensor(1, 64), AllReduceOut = inputs[rank.Index].AsTensor(1, 64) });
            foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
            var values = new float[64];
            inputs[0].CopyTo(values);
            // Calls that are in flight when the last reference goes.
            foreach (var rank in group.Ranks)
                operation.Launch(rank.Index, null, new() { Input = inputs[rank.Index].AsTensor(1, 64), AllReduceOut = inputs[rank.Index].AsTensor(1, 64) });
            return values;
        }
    }

    [Test]
    public void InAContextThatIsLostWaitsEndWithAnError()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["--filter", "Name=ALostContext"])
        {
            Environment = { ["FUSION_TEST_LOSES_CONTEXT"] = "1" },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("A wait never ended.");
        }

        Assert.That(process.ExitCode, Is.Zero, output.Result);
        Assert.That(output.Result, Does.Contain("succeeded: 1"));
    }

    [Test]
    [Explicit("It loses the context: another test runs it in a process of its own.")]
    public void ALostContext()
    {
        if (Environment.GetEnvironmentVariable("FUSION_TEST_LOSES_CONTEXT") is null) Assert.Ignore("for a process of its own");
        var context = GpuContext.Open();
        var stream = new GpuStream(context);
        var other = new GpuStream(context);
        var buffer = new DeviceBuffer<int>(context, 16);
        TypedKernels.Hold.Launch(other, new LaunchShape(1, 1), 100_000_000UL);
        var early = other.SynchronizeAsync();
        TypedKernels.Hold.Launch(stream, new LaunchShape(1, 1), 50_000_000UL);
        KernelLibrary.Load(typeof(GpuTest).Assembly, context).GetKernel("scale<int>")
            .Launch(stream, new LaunchShape(1, 32), new DevicePointer<int>(0x1000), 2, 32);
        var wait = stream.SynchronizeAsync();

        Assert.That(
            async () => await wait.WaitAsync(TimeSpan.FromSeconds(20)),
            Throws.TypeOf<GpuException>().With.Property(nameof(GpuException.Result)).EqualTo(700));
        Assert.That(() => Task.WhenAny(early).Wait(TimeSpan.FromSeconds(20)), Is.True, "a wait that began before ends too");
        Assert.That(() => stream.SynchronizeAsync(), Throws.TypeOf<GpuException>(), "later waits say it at once");
        buffer.Dispose();
        stream.Dispose();
        other.Dispose();
        context.Dispose();
    }
}
