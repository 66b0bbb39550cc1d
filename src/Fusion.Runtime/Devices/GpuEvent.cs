namespace Fusion.Runtime;

/// <summary>A point in a stream, with the time at which the GPU came to it.</summary>
/// <remarks>Dispose it before its context. Members may be called from any thread.</remarks>
public sealed class GpuEvent : IDisposable
{
    private readonly GpuContext context;
    private readonly nint handle;
    private int disposed;

    /// <summary>Makes an event that has not happened.</summary>
    /// <param name="context">The context to make it in.</param>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuEvent(GpuContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Event.Create(out handle), "cuEventCreate");
        this.context = context;
    }

    /// <summary>Lets it happen when all work is done that is in the stream by now.</summary>
    /// <param name="stream">A stream of the same context.</param>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void Record(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        MakeReady();
        stream.ThrowUnlessOf(context, "the event");
        GpuDriver.Check(GpuDriver.Library.Event.Record(handle, stream.Handle), "cuEventRecord");
    }

    /// <summary>Waits until it has happened.</summary>
    /// <exception cref="GpuException">The work ahead of it failed.</exception>
    public void Synchronize()
    {
        MakeReady();
        GpuDriver.Check(GpuDriver.Library.Event.Synchronize(handle), "cuEventSynchronize");
    }

    /// <summary>The time between two events that have happened, exact to about half a microsecond.</summary>
    /// <param name="start">The earlier one.</param>
    /// <exception cref="GpuException">One was not recorded or has not happened yet.</exception>
    public TimeSpan ElapsedSince(GpuEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        MakeReady();
        GpuDriver.Check(
            GpuDriver.Library.Event.Elapsed(start.handle, handle, out var milliseconds), "cuEventElapsedTime");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    internal nint Handle => handle;

    /// <summary>Destroys the event. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0) context.Free(handle, GpuDriver.Library.Event.Destroy);
    }

    private void MakeReady()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        context.MakeCurrent();
    }
}
