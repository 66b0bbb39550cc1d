using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A stream: a queue of work on a GPU, which runs in the order in which it was enqueued.</summary>
/// <remarks>A stream that this class makes and the default stream do not wait for each other. Members may be called from any
/// thread.</remarks>
public sealed class GpuStream : IDisposable
{
    // CU_STREAM_PER_THREAD. The handles 0, 1 and 2 are default streams of whatever context is current.
    private const ulong LastDefaultStream = 2;

    private readonly NativeHandle? owned;
    private readonly Lazy<StreamCompletions> completions;
    private long records;
    private int disposed;

    /// <summary>Makes a stream in a context.</summary>
    /// <param name="context">The context to make it in.</param>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuStream(GpuContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Stream.Create(out var handle), "cuStreamCreate");
        owned = new(context, handle, "stream", GpuDriver.Library.Stream.Destroy);
        (Context, Handle, completions) = (context, handle, new(() => new(this)));
    }

    private GpuStream(GpuContext context, nint handle) => (Context, Handle, completions) = (context, handle, new(() => new(this)));

    /// <summary>Context that the stream belongs to.</summary>
    public GpuContext Context { get; }

    /// <summary>Handle of the stream in the driver, a <c>CUstream</c>.</summary>
    public nint Handle { get; }

    /// <summary>Wraps a stream of another library.</summary>
    /// <param name="context">Context that the stream belongs to.</param>
    /// <param name="handle">The library's <c>CUstream</c> or <c>cudaStream_t</c>; 0 is the default stream.</param>
    /// <returns>A stream that the other library still owns: <see cref="Dispose"/> leaves it alone.</returns>
    /// <exception cref="FusionArgumentException">The stream is of another context.</exception>
    /// <exception cref="GpuException">The driver does not know the stream.</exception>
    public static GpuStream FromHandle(GpuContext context, nint handle)
    {
        ArgumentNullException.ThrowIfNull(context);
        if ((ulong)handle > LastDefaultStream)
        {
            GpuDriver.Check(GpuDriver.Library.Stream.GetContext(handle, out var owner), "cuStreamGetCtx");
            if (owner != context.Handle) throw DeviceErrors.ForeignStream(handle, owner, context.Handle);
        }

        return new GpuStream(context, handle);
    }

    /// <summary>Whether all work is done that is in the stream by now. It does not wait.</summary>
    /// <exception cref="GpuException">Work in the stream failed, or the stream is being recorded as a CUDA graph.</exception>
    public bool IsCompleted
    {
        get
        {
            using var lease = Use();
            var result = GpuDriver.Library.Stream.Query(Handle);
            if (result != CudaResult.NotReady) GpuDriver.Check(result, "cuStreamQuery");
            return result == CudaResult.Success;
        }
    }

    /// <summary>Waits until all work in the stream is done.</summary>
    /// <exception cref="GpuException">Work in the stream failed.</exception>
    public void Synchronize()
    {
        using var lease = Use();
        GpuDriver.Check(GpuDriver.Library.Stream.Synchronize(Handle), "cuStreamSynchronize");
    }

    /// <summary>Waits until all work is done that is in the stream by now, without blocking a thread.</summary>
    /// <param name="cancellationToken">Token that ends the wait; the work goes on.</param>
    /// <returns>A task that ends when the work is done, with a <see cref="GpuException"/> if work in the stream
    /// failed.</returns>
    /// <exception cref="InvalidOperationException">The stream is being recorded as a CUDA graph.</exception>
    public Task SynchronizeAsync(CancellationToken cancellationToken = default) => cancellationToken.IsCancellationRequested
        ? Task.FromCanceled(cancellationToken) : Completion().WaitAsync(cancellationToken);

    /// <summary>Makes work that is enqueued later wait for an event, which may be of another stream or GPU. If that stream
    /// is being recorded as a CUDA graph, this one joins the recording.</summary>
    /// <param name="point">An event that was recorded.</param>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void WaitFor(GpuEvent point)
    {
        ArgumentNullException.ThrowIfNull(point);
        using var lease = Use();
        using var other = point.Lease();
        GpuDriver.Check(GpuDriver.Library.Stream.Wait(Handle, point.Handle), "cuStreamWaitEvent");
    }

    /// <summary>Destroys the stream unless another library owns it; work in it still ends. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        if (completions.IsValueCreated) completions.Value.Dispose();
        owned?.Dispose();
    }

    /// <summary>Keeps the stream from being destroyed until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    internal HandleLease Lease()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new(owned);
    }

    /// <summary>Keeps the stream, unless another library owns it, until <see cref="Release"/>.</summary>
    internal void Keep() => owned?.Keep();

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    internal void Release() => owned?.Release();

    /// <summary>Makes a task that ends when the work that is in the stream by now is done.</summary>
    /// <param name="point">Event to wait for in place of that work; null for none.</param>
    /// <param name="number">Number of the event's record (<see cref="NextRecord"/>).</param>
    internal Task Completion(NativeHandle? point = null, long number = 0)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return completions.Value.Add(point, number);
    }

    /// <summary>Counts the records of events in the stream, which gives them their order.</summary>
    internal long NextRecord() => Interlocked.Increment(ref records);

    /// <summary>Throws unless the stream belongs to a context.</summary>
    /// <param name="context">The context.</param>
    /// <param name="user">Name of what is to use the stream, for the message: <c>the kernel</c>.</param>
    /// <exception cref="ArgumentException">The stream is of another context; the message says whether it is of another
    /// GPU.</exception>
    internal void ThrowUnlessOf(GpuContext context, string user)
    {
        if (Context.Handle == context.Handle) return;
        throw new ArgumentException(
            Context.Device.Ordinal == context.Device.Ordinal
                ? $"The stream is of another context of {context.Device} than {user}. Make the stream in the same GpuContext, or open the " +
                  "context of the library that made it with GpuContext.FromHandle and load there."
                : $"The stream is of {Context.Device}, but {user} is of {context.Device}. Use a stream of that GPU.");
    }

    /// <summary>Whether the stream is being recorded as a CUDA graph. Also true if the driver cannot say, because the
    /// recording of another stream forbids the query.</summary>
    internal bool IsCaptured
    {
        get
        {
            Context.MakeCurrent();
            var result = GpuDriver.Library.Capture.GetStatus(Handle, out var status);
            return result != CudaResult.Success || status != CaptureStatus.None;
        }
    }

    /// <summary>Whether the stream has work that is not done. Must not be read while the stream is being recorded.</summary>
    internal bool IsBusy
    {
        get
        {
            Context.MakeCurrent();
            return GpuDriver.Library.Stream.Query(Handle) == CudaResult.NotReady;
        }
    }

    internal bool IsDisposed => Volatile.Read(ref disposed) != 0;

    private HandleLease Use()
    {
        var lease = Lease();
        try
        {
            Context.MakeCurrent();
            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
