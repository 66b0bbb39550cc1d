using System.Runtime.CompilerServices;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Devices;

/// <summary>Copies in streams, and memory that is freed while the GPU uses it.</summary>
public sealed class MemoryAndCopies : GpuTest
{
    private const int Count = 1 << 20;
    private const ulong Held = 200_000_000;

    [Test]
    public async Task SlicesAreCopiedInTheOrderOfTheStream()
    {
        using var buffer = new DeviceBuffer<int>(Context, Count);
        using var other = new DeviceBuffer<int>(Context, Count);
        using var from = Pinned();
        using var to = new PinnedBuffer<int>(Context, Count);
        buffer.FillBytes(0xFF);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), Held);

        buffer.Slice(1, Count - 1).CopyFrom(Stream, from.Memory[1..]);
        buffer.Slice(0, 1).FillBytes(Stream, 0);
        Kernels.GetKernel("scale<int>").Launch(Stream, new LaunchShape(Count / 256, 256), buffer, 3, Count);
        buffer.CopyTo(Stream, other);
        other.CopyTo(Stream, to.Memory);
        Assert.That(to.Span[5], Is.Zero, "the stream is held");
        await Stream.SynchronizeAsync();

        Assert.That(to.Span.ToArray(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 3 * i)));
    }

    [Test]
    public void CopiesWithoutAStreamDoNotWaitForStreams()
    {
        using var buffer = new DeviceBuffer<int>(Context, 4);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), Held);

        buffer.CopyFrom([1, 2, 3, 4]);
        buffer.Slice(1, 2).FillBytes(0);
        var values = Read(buffer);

        Assert.That(values, Is.EqualTo(new[] { 1, 0, 0, 4 }));
        using var end = new GpuEvent(Context);
        end.Record(Stream);
        Assert.That(end.SynchronizeAsync().IsCompleted, Is.False, "the kernel still runs");
        Stream.Synchronize();
    }

    [Test]
    public void PinnedMemoryIsFreedAfterTheCopiesThatReadIt()
    {
        using var buffer = new DeviceBuffer<int>(Context, Count);
        buffer.FillBytes(0xFF);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), Held);
        var from = Pinned();
        buffer.CopyFrom(Stream, from.Memory);

        from.Dispose();

        // What takes its place must not be copied.
        using var next = new PinnedBuffer<int>(Context, Count);
        next.Span.Fill(-7);
        Stream.Synchronize();
        Assert.That(Read(buffer), Is.EqualTo(Enumerable.Range(0, Count)));
    }

    [Test]
    public void MemoryIsFreedAfterTheKernelsThatUseIt()
    {
        using var result = new DeviceBuffer<int>(Context, Count);
        using var from = Pinned();
        var buffer = new DeviceBuffer<int>(Context, Count);
        TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), Held);
        buffer.CopyFrom(Stream, from.Memory);
        Kernels.GetKernel("scale<int>").Launch(Stream, new LaunchShape(Count / 256, 256), buffer, 2, Count);
        buffer.CopyTo(Stream, result);

        buffer.Dispose();

        using var next = new DeviceBuffer<int>(Context, Count);
        next.FillBytes(0xFF);
        Stream.Synchronize();
        Assert.That(Read(result), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 2 * i)));
    }

    [Test]
    public void ForgottenMemoryIsFreedAfterTheKernelsThatUseIt()
    {
        using var result = new DeviceBuffer<int>(Context, Count);
        var live = NativeHandle.Live;
        UseAndForget(result);
        Assert.That(NativeHandle.Live, Is.GreaterThan(live));

        Assert.That(Reclaimer.Flush(TimeSpan.FromSeconds(20)));

        Assert.That(NativeHandle.Live, Is.EqualTo(live));
        Stream.Synchronize();
        Assert.That(Read(result), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 2 * i)));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void UseAndForget(DeviceBuffer<int> into)
        {
            var from = Pinned();
            var buffer = new DeviceBuffer<int>(Context, Count);
            TypedKernels.Hold.Launch(Stream, new LaunchShape(1, 1), Held);
            buffer.CopyFrom(Stream, from.Memory);
            Kernels.GetKernel("scale<int>").Launch(Stream, new LaunchShape(Count / 256, 256), buffer, 2, Count);
            buffer.CopyTo(Stream, into);
        }
    }

    [Test]
    public void MemoryOfAStreamIsAllocatedAndFreedInItsOrder()
    {
        using var from = Pinned();
        using var to = new PinnedBuffer<int>(Context, Count);
        using var stream = new GpuStream(Context);
        for (var round = 0; round < 100; round++)
        {
            using var first = new DeviceBuffer<int>(stream, Count);
            first.CopyFrom(stream, from.Memory);
            using var second = new DeviceBuffer<int>(stream, Count);
            first.CopyTo(stream, second);
            Kernels.GetKernel("scale<int>").Launch(stream, new LaunchShape(Count / 256, 256), second, round, Count);
            second.CopyTo(stream, to.Memory);
        }

        stream.Synchronize();
        Assert.That(to.Span.ToArray(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 99 * i)));
    }

    [Test]
    public void KernelsReadPinnedMemory()
    {
        using var values = Pinned();
        Run("scale<int>", new(Count / 256, 256), values.Pointer, 2, Count);
        Assert.That(values.Span.ToArray(), Is.EqualTo(Enumerable.Range(0, Count).Select(i => 2 * i)));
    }

    [Test]
    public void CopiesInAStreamAllocateNothing()
    {
        using var buffer = new DeviceBuffer<int>(Context, Count);
        using var from = Pinned();
        Copy();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Copy();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Stream.Synchronize();

        void Copy()
        {
            buffer.Slice(16, 32).CopyFrom(Stream, from.Memory.Slice(3, 32));
            buffer.Slice(16, 32).CopyTo(Stream, buffer.Slice(64, 32));
        }
    }

    private PinnedBuffer<int> Pinned()
    {
        var pinned = new PinnedBuffer<int>(Context, Count);
        for (var i = 0; i < Count; i++) pinned.Span[i] = i;
        return pinned;
    }
}
