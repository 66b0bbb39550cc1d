namespace Fusion.Runtime;

/// <summary>An event: a point in a stream, with the time at which the GPU reached it.</summary>
/// <remarks>Dispose it before its context. Members may be called from any thread.</remarks>
public sealed class GpuEvent : IDisposable
{
    private readonly GpuContext context;
    private readonly nint handle;
    private int disposed;

    /// <summary>Makes an event that is not recorded yet.</summary>
    /// <param name="context">The context to make it in.</param>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuEvent(GpuContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Event.Create(out handle), "cuEventCreate");
        this.context = context;
    }

    /// <summary>Records the event in a stream: it occurs when all work is done that is in the stream by now.</summary>
    /// <param name="stream">A stream of the same context.</param>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void Record(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        MakeContextCurrent();
        stream.ThrowUnlessOf(context, "the event");
        GpuDriver.Check(GpuDriver.Library.Event.Record(handle, stream.Handle), "cuEventRecord");
    }

    /// <summary>Waits until the event has occurred.</summary>
    /// <exception cref="GpuException">Work before the event failed.</exception>
    public void Synchronize()
    {
        MakeContextCurrent();
        GpuDriver.Check(GpuDriver.Library.Event.Synchronize(handle), "cuEventSynchronize");
    }

    /// <summary>Computes the time between two events that have occurred, with the driver's resolution of about half a
    /// microsecond.</summary>
    /// <param name="start">The earlier event.</param>
    /// <exception cref="GpuException">One of the events was not recorded or has not occurred yet.</exception>
    public TimeSpan ElapsedSince(GpuEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        MakeContextCurrent();
        GpuDriver.Check(
            GpuDriver.Library.Event.Elapsed(start.handle, handle, out var milliseconds), "cuEventElapsedTime");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    internal nint Handle => handle;

    /// <summary>Destroys the event. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0) context.Free(handle, GpuDriver.Library.Event.Destroy);
    }

    private void MakeContextCurrent()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        context.MakeCurrent();
    }
}
