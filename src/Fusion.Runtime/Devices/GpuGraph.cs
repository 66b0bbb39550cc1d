using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A CUDA graph: work that is recorded once and launched as a whole any number of times.</summary>
/// <remarks>A launch uses the recorded addresses with their present content: buffers must be kept, and their content may
/// change between launches. Launches of one graph run one after the other. Members may be called from any thread.</remarks>
public sealed class GpuGraph : IDisposable
{
    private readonly NativeHandle handle;

    private GpuGraph(GpuContext context, nint graph)
    {
        GpuDriver.Check(GpuDriver.Library.Graph.Instantiate(graph, out var made), "cuGraphInstantiateWithFlags");
        (Context, handle) = (context, new(context, made, "CUDA graph", GpuDriver.Library.Graph.DestroyExecutable));
    }

    /// <summary>Context that the graph belongs to.</summary>
    public GpuContext Context { get; }

    /// <summary>Records the work that is enqueued in a stream, without running it.</summary>
    /// <param name="stream">A stream other than the default one. Other streams join the recording by
    /// <see cref="GpuStream.WaitFor"/> on an event that was recorded in it, and must be joined back before the end.</param>
    /// <param name="work">Action that enqueues the work in the stream. It must not wait for the GPU.</param>
    /// <returns>A graph, to be disposed.</returns>
    /// <exception cref="GpuException">Work cannot be recorded, or a stream was not joined back.</exception>
    public static GpuGraph Capture(GpuStream stream, Action work)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(work);
        using var lease = stream.Lease();
        stream.Context.MakeCurrent();
        var functions = GpuDriver.Library;
        // Thread-local: other ranks' threads may allocate meanwhile, while this thread gets an error for what a graph cannot
        // hold.
        GpuDriver.Check(functions.Capture.Begin(stream.Handle, CaptureMode.ThreadLocal), "cuStreamBeginCapture");
        try
        {
            work();
        }
        catch
        {
            // Otherwise the stream would stay in capture mode.
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

    /// <summary>Enqueues the recorded work in a stream and returns before it has run. Allocates nothing.</summary>
    /// <param name="stream">A stream of the same context.</param>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void Launch(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(handle.IsDisposed, this);
        using var lease = handle.Lease();
        using var streamLease = stream.Lease();
        stream.ThrowUnlessOf(Context, "the graph");
        Context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Graph.Launch(handle.Value, stream.Handle), "cuGraphLaunch");
    }

    /// <summary>Destroys the graph; a launch that runs still ends. Disposing twice is harmless.</summary>
    public void Dispose() => handle.Dispose();
}
