using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Work that was recorded once, to be launched as a whole any number of times.</summary>
/// <remarks>A launch repeats the recorded addresses, not the recorded bytes: change the buffers' content between launches, and
/// keep the buffers. Launches of one graph run one after the other. Dispose it before its context. Members may be called from
/// any thread.</remarks>
public sealed class GpuGraph : IDisposable
{
    private readonly nint handle;
    private int disposed;

    private GpuGraph(GpuContext context, nint graph)
    {
        GpuDriver.Check(GpuDriver.Library.Graph.Instantiate(graph, out handle), "cuGraphInstantiateWithFlags");
        Context = context;
    }

    /// <summary>The context it belongs to.</summary>
    public GpuContext Context { get; }

    /// <summary>Records what is put into a stream, without doing it.</summary>
    /// <param name="stream">A stream other than the default one. Other streams join with <see cref="GpuStream.WaitFor"/> of an
    /// event that was recorded in it, and must be joined again before the end.</param>
    /// <param name="work">Puts the work into the stream. It must not wait for the GPU.</param>
    /// <returns>A graph, to be disposed.</returns>
    /// <exception cref="GpuException">Something cannot be recorded, or a stream was not joined again.</exception>
    public static GpuGraph Capture(GpuStream stream, Action work)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(work);
        ObjectDisposedException.ThrowIf(stream.IsDisposed, stream);
        stream.Context.MakeCurrent();
        var functions = GpuDriver.Library;
        // Thread-local: other ranks' threads may allocate meanwhile, and this one is told if it does what a graph cannot hold.
        GpuDriver.Check(functions.Capture.Begin(stream.Handle, CaptureMode.ThreadLocal), "cuStreamBeginCapture");
        try
        {
            work();
        }
        catch
        {
            // The stream would stay in recording for ever.
            stream.Context.MakeCurrent();
            if (functions.Capture.End(stream.Handle, out var broken) == CudaResult.Success && broken != 0)
                _ = functions.Graph.Destroy(broken);
            throw;
        }

        stream.Context.MakeCurrent();
        GpuDriver.Check(functions.Capture.End(stream.Handle, out var graph), "cuStreamEndCapture");
        try
        {
            return new(stream.Context, graph);
        }
        finally
        {
            _ = functions.Graph.Destroy(graph);
        }
    }

    /// <summary>Puts the recorded work into a stream and returns; it runs later. Allocates nothing.</summary>
    /// <param name="stream">A stream of the same context.</param>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void Launch(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ObjectDisposedException.ThrowIf(stream.IsDisposed, stream);
        stream.ThrowUnlessOf(Context, "the graph");
        Context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Graph.Launch(handle, stream.Handle), "cuGraphLaunch");
    }

    /// <summary>Destroys the graph; a launch that runs still ends. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0) Context.Free(handle, GpuDriver.Library.Graph.DestroyExecutable);
    }
}
