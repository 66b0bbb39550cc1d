using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>An event: a point in a stream, with the time at which the GPU reached it.</summary>
/// <remarks>Members may be called from any thread.</remarks>
public sealed class GpuEvent : IDisposable
{
    private readonly GpuContext context;
    private readonly NativeHandle handle;
    private GpuStream? recordedIn;
    private long recordedAt;

    /// <summary>Makes an event that is not recorded yet.</summary>
    /// <param name="context">The context to make it in.</param>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuEvent(GpuContext context)
        : this(context, isTimed: true)
    {
    }

    /// <summary>Makes an event that is not recorded yet.</summary>
    /// <param name="context">The context to make it in.</param>
    /// <param name="isTimed">Whether <see cref="ElapsedSince"/> is asked for, which makes the event cost more.</param>
    internal GpuEvent(GpuContext context, bool isTimed)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Event.Create(out var made, isTimed), "cuEventCreate");
        (this.context, handle) = (context, new(context, made, "event", GpuDriver.Library.Event.Destroy));
    }

    /// <summary>Records the event in a stream: it occurs when all work is done that is in the stream by now.</summary>
    /// <param name="stream">A stream of the same context.</param>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void Record(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var lease = Lease();
        using var streamLease = stream.Lease();
        context.MakeCurrent();
        stream.ThrowUnlessOf(context, "the event");
        var number = stream.NextRecord();
        GpuDriver.Check(GpuDriver.Library.Event.Record(Handle, stream.Handle), "cuEventRecord");
        Volatile.Write(ref recordedAt, number);
        Volatile.Write(ref recordedIn, stream);
    }

    /// <summary>Whether the event has occurred, or was never recorded. It does not wait.</summary>
    /// <exception cref="GpuException">Work before the event failed.</exception>
    public bool IsCompleted
    {
        get
        {
            using var lease = Lease();
            context.MakeCurrent();
            var result = GpuDriver.Library.Event.Query(Handle);
            if (result != CudaResult.NotReady) GpuDriver.Check(result, "cuEventQuery");
            return result == CudaResult.Success;
        }
    }

    /// <summary>Waits until the event has occurred.</summary>
    /// <exception cref="GpuException">Work before the event failed.</exception>
    public void Synchronize()
    {
        using var lease = Lease();
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Event.Synchronize(Handle), "cuEventSynchronize");
    }

    /// <summary>Waits until the event has occurred, without blocking a thread.</summary>
    /// <param name="cancellationToken">Token that ends the wait; the work goes on.</param>
    /// <returns>A task that ends when the event has occurred, with a <see cref="GpuException"/> if work before it failed. It has
    /// ended already if the event was never recorded. If the event is recorded again meanwhile, the wait is for that.</returns>
    /// <exception cref="InvalidOperationException">The event was recorded in a stream that is being recorded as a CUDA
    /// graph.</exception>
    /// <exception cref="ObjectDisposedException">The event, or the stream in which it was recorded, is disposed.</exception>
    public Task SynchronizeAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        using var lease = Lease();
        return Volatile.Read(ref recordedIn) is { } stream ? stream.Completion(handle, Volatile.Read(ref recordedAt)).WaitAsync(cancellationToken) : Task.CompletedTask;
    }

    /// <summary>Computes the time between two events that have occurred, with the driver's resolution of about half a
    /// microsecond.</summary>
    /// <param name="start">The earlier event.</param>
    /// <exception cref="GpuException">One of the events was not recorded or has not occurred yet.</exception>
    public TimeSpan ElapsedSince(GpuEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        using var lease = Lease();
        using var startLease = start.Lease();
        context.MakeCurrent();
        GpuDriver.Check(
            GpuDriver.Library.Event.Elapsed(start.Handle, Handle, out var milliseconds), "cuEventElapsedTime");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    internal nint Handle => handle.Value;

    /// <summary>Destroys the event. Disposing twice is harmless.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>Keeps the event from being destroyed until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The event is disposed.</exception>
    internal HandleLease Lease()
    {
        ObjectDisposedException.ThrowIf(handle.IsDisposed, this);
        return handle.Lease();
    }
}
