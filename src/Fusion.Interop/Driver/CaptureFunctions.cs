namespace Fusion.Interop.Driver;

/// <summary>Recording a stream's work as a graph instead of doing it.</summary>
public sealed unsafe class CaptureFunctions
{
    private readonly delegate* unmanaged<nint, CaptureMode, CudaResult> begin;
    private readonly delegate* unmanaged<nint, nint*, CudaResult> end;
    private readonly delegate* unmanaged<nint, CaptureStatus*, CudaResult> getStatus;

    internal CaptureFunctions(IExportTable exports)
    {
        begin = (delegate* unmanaged<nint, CaptureMode, CudaResult>)
            exports.Get("cuStreamBeginCapture_v2");
        end = (delegate* unmanaged<nint, nint*, CudaResult>)exports.Get("cuStreamEndCapture");
        getStatus = (delegate* unmanaged<nint, CaptureStatus*, CudaResult>)
            exports.Get("cuStreamIsCapturing");
    }

    /// <summary><c>cuStreamBeginCapture</c>.</summary>
    /// <param name="stream">A stream other than the default one.</param>
    /// <param name="mode">What is forbidden meanwhile.</param>
    public CudaResult Begin(nint stream, CaptureMode mode) => begin(stream, mode);

    /// <summary><c>cuStreamEndCapture</c>: by the thread that began, unless the mode is relaxed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="graph">The graph; 0 if the recording became invalid.</param>
    public CudaResult End(nint stream, out nint graph)
    {
        fixed (nint* p = &graph) return end(stream, p);
    }

    /// <summary><c>cuStreamIsCapturing</c>.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="status">Whether it is recorded.</param>
    public CudaResult GetStatus(nint stream, out CaptureStatus status)
    {
        fixed (CaptureStatus* p = &status) return getStatus(stream, p);
    }
}

/// <summary>What is forbidden while a stream is recorded (<c>CUstreamCaptureMode</c>): calls that could break a recording,
/// such as allocating memory.</summary>
public enum CaptureMode
{
    /// <summary>In every thread.</summary>
    Global = 0,

    /// <summary>In the thread that records.</summary>
    ThreadLocal = 1,

    /// <summary>Nowhere.</summary>
    Relaxed = 2,
}

/// <summary>Whether a stream is recorded (<c>CUstreamCaptureStatus</c>).</summary>
public enum CaptureStatus
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>It is.</summary>
    Active = 1,

    /// <summary>It was, until something forbidden happened; the recording must still be ended.</summary>
    Invalidated = 2,
}
