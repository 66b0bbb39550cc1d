using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Tasks that end when a stream's work is done. No thread waits: the driver calls back, about 90 µs after the work
/// (an H100, driver 580, 2026-11-26, where polling would see it after 7 µs with a thread of its own).</summary>
/// <remarks>The calls are enqueued in streams beside it, since its own later work would wait for a call in the stream itself.
/// Only the first wait has a call: with a hundred the driver makes the caller wait until the work is done. When it comes, the
/// waits that are over are ended, and the next one gets a call.</remarks>
internal sealed unsafe class StreamCompletions(GpuStream stream) : IDisposable
{
    // For waits that become the first one while another has its call. A wait that gets none ends with the next call.
    private const int MostCalls = 8;
    private const int MostFreeEvents = 16;

    private readonly Lock gate = new();
    private readonly List<Wait> waits = [];
    private readonly Stack<NativeHandle> idleCallers = [];
    private readonly Stack<NativeHandle> freeEvents = [];
    private int callers;
    private bool isDisposed;

    /// <summary>Makes a task that ends when the work that is in the stream by now is done.</summary>
    /// <param name="point">Event to wait for in place of that work; null for none.</param>
    /// <param name="number">Number of the event's record.</param>
    /// <exception cref="InvalidOperationException">The stream is being recorded.</exception>
    public Task Add(NativeHandle? point, long number)
    {
        var functions = GpuDriver.Library;
        using var lease = stream.Lease();
        using var pointLease = new HandleLease(point);
        stream.Context.MakeCurrent();
        if (functions.Capture.GetStatus(stream.Handle, out var status) == CudaResult.Success && status != CaptureStatus.None)
            throw new InvalidOperationException("The stream is being recorded as a CUDA graph, where nothing can be waited for. Wait after the recording.");
        var now = point is null ? functions.Stream.Query(stream.Handle) : functions.Event.Query(point.Value);
        if (now == CudaResult.Success) return Task.CompletedTask;
        if (now != CudaResult.NotReady) GpuDriver.Check(now, "cuStreamQuery");
        lock (gate)
        {
            var wait = new Wait(point ?? TakeEvent(), point is null, point is null ? stream.NextRecord() : number);
            wait.Point.Keep();
            try
            {
                if (wait.IsOwn) GpuDriver.Check(functions.Event.Record(wait.Point.Value, stream.Handle), "cuEventRecord");
                var place = waits.Count;
                while (place > 0 && waits[place - 1].Number > wait.Number) place--;
                if (place == 0) CallBackFor(wait);
                waits.Insert(place, wait);
            }
            catch
            {
                // A wait without a call must not stand before others, which would never end.
                Return(wait);
                throw;
            }

            return wait.Done.Task;
        }
    }

    /// <summary>Frees the streams and events when the last wait has ended.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            if (waits.Count == 0) Free();
        }
    }

    [UnmanagedCallersOnly]
    private static void OnDone(nint caller, CudaResult result, void* data)
    {
        var handle = GCHandle.FromIntPtr((nint)data);
        var call = (Call)handle.Target!;
        handle.Free();
        call.Result = result;
        // This thread of the driver must not call it.
        ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
    }

    private void CallBackFor(Wait wait)
    {
        if (idleCallers.Count == 0 && callers == MostCalls) return;
        var caller = idleCallers.Count > 0 ? idleCallers.Pop() : NewCaller();
        var handle = GCHandle.Alloc(new Call(this, caller));
        try
        {
            GpuDriver.Check(GpuDriver.Library.Stream.Wait(caller.Value, wait.Point.Value), "cuStreamWaitEvent");
            GpuDriver.Check(GpuDriver.Library.Stream.AddCallback(caller.Value, &OnDone, (void*)GCHandle.ToIntPtr(handle)), "cuStreamAddCallback");
            wait.IsCalled = true;
        }
        catch
        {
            handle.Free();
            idleCallers.Push(caller);
            throw;
        }
    }

    private void Continue(NativeHandle caller, CudaResult result)
    {
        lock (gate)
        {
            idleCallers.Push(caller);
            if (waits.Count > 0 && !stream.Context.TryMakeCurrentToFree()) result = CudaResult.InvalidValue;
            try
            {
                var ended = 0;
                while (ended < waits.Count && IsOver(waits[ended], ref result)) ended++;
                waits.RemoveRange(0, ended);
                if (waits.Count > 0 && !waits[0].IsCalled) CallBackFor(waits[0]);
            }
            catch (GpuException e)
            {
                // Without a call nobody would end these.
                foreach (var wait in waits) End(wait, e);
                waits.Clear();
            }

            if (isDisposed && waits.Count == 0) Free();
        }
    }

    // After an error all waits end with it.
    private bool IsOver(Wait wait, ref CudaResult result)
    {
        var now = result == CudaResult.Success ? GpuDriver.Library.Event.Query(wait.Point.Value) : result;
        if (now == CudaResult.NotReady) return false;
        result = now;
        End(wait, result == CudaResult.Success ? null : GpuException.Of(result, "Work in the stream"));
        return true;
    }

    private void End(Wait wait, GpuException? error)
    {
        Return(wait);
        if (error is null) wait.Done.SetResult();
        else wait.Done.SetException(error);
    }

    private void Return(Wait wait)
    {
        wait.Point.Release();
        if (!wait.IsOwn) return;
        if (freeEvents.Count < MostFreeEvents) freeEvents.Push(wait.Point);
        else wait.Point.Dispose();
    }

    private NativeHandle TakeEvent()
    {
        if (freeEvents.Count > 0) return freeEvents.Pop();
        GpuDriver.Check(GpuDriver.Library.Event.Create(out var made, isTimed: false), "cuEventCreate");
        return new(stream.Context, made, "event", GpuDriver.Library.Event.Destroy);
    }

    private NativeHandle NewCaller()
    {
        GpuDriver.Check(GpuDriver.Library.Stream.Create(out var made), "cuStreamCreate");
        callers++;
        return new(stream.Context, made, "stream", GpuDriver.Library.Stream.Destroy);
    }

    private void Free()
    {
        while (idleCallers.TryPop(out var caller)) caller.Dispose();
        while (freeEvents.TryPop(out var point)) point.Dispose();
    }

    private sealed class Wait(NativeHandle point, bool isOwn, long number)
    {
        public NativeHandle Point => point;

        public bool IsOwn => isOwn;

        public long Number => number;

        public bool IsCalled { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Call(StreamCompletions owner, NativeHandle caller) : IThreadPoolWorkItem
    {
        public CudaResult Result { get; set; }

        public void Execute() => owner.Continue(caller, Result);
    }
}
