using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Tasks that end when a stream's work is done. No thread waits: the driver calls back.</summary>
/// <remarks>The calls are enqueued in a second stream, which waits for the first one: a stream's later work would wait for a
/// call in the stream itself.</remarks>
internal sealed unsafe class StreamCompletions : IDisposable
{
    private readonly Lock gate = new();
    private readonly GpuStream stream;
    private readonly NativeHandle calls;
    private readonly NativeHandle point;

    /// <exception cref="GpuException">The driver cannot make a stream or an event.</exception>
    public StreamCompletions(GpuStream stream)
    {
        this.stream = stream;
        var context = stream.Context;
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Stream.Create(out var made), "cuStreamCreate");
        calls = new(context, made, "stream", GpuDriver.Library.Stream.Destroy);
        var result = GpuDriver.Library.Event.Create(out var recorded, isTimed: false);
        if (result != CudaResult.Success) calls.Dispose();
        GpuDriver.Check(result, "cuEventCreate");
        point = new(context, recorded, "event", GpuDriver.Library.Event.Destroy);
    }

    /// <summary>Makes a task that ends when the work that is in the stream by now is done.</summary>
    /// <param name="after">Event to wait for in place of that work; null for none.</param>
    /// <exception cref="InvalidOperationException">The stream is being recorded.</exception>
    public Task Add(GpuEvent? after)
    {
        var functions = GpuDriver.Library;
        using var lease = stream.Lease();
        using var callsLease = calls.Lease();
        using var pointLease = point.Lease();
        using var afterLease = after is null ? default : after.Lease();
        stream.Context.MakeCurrent();
        if (functions.Capture.GetStatus(stream.Handle, out var status) == CudaResult.Success && status != CaptureStatus.None)
            throw new InvalidOperationException("The stream is being recorded as a CUDA graph, where nothing can be waited for. Wait after the recording.");
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handle = GCHandle.Alloc(done);
        try
        {
            // The wait takes the event as it is now; recording it again changes nothing about earlier waits.
            lock (gate)
            {
                if (after is null) GpuDriver.Check(functions.Event.Record(point.Value, stream.Handle), "cuEventRecord");
                GpuDriver.Check(functions.Stream.Wait(calls.Value, after?.Handle ?? point.Value), "cuStreamWaitEvent");
                GpuDriver.Check(functions.Stream.AddCallback(calls.Value, &Complete, (void*)GCHandle.ToIntPtr(handle)), "cuStreamAddCallback");
            }
        }
        catch
        {
            handle.Free();
            throw;
        }

        return done.Task;
    }

    public void Dispose()
    {
        calls.Dispose();
        point.Dispose();
    }

    [UnmanagedCallersOnly]
    private static void Complete(nint stream, CudaResult result, void* data)
    {
        var handle = GCHandle.FromIntPtr((nint)data);
        var done = (TaskCompletionSource)handle.Target!;
        handle.Free();
        if (result == CudaResult.Success) done.SetResult();
        // Making the message asks the driver for the result's name, which a callback must not.
        else ThreadPool.QueueUserWorkItem(_ => done.SetException(GpuException.Of(result, "work in a stream")));
    }
}
