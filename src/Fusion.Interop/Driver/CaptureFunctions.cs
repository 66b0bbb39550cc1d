namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that record a stream's work as a CUDA graph instead of running it.</summary>
public sealed unsafe class CaptureFunctions
{
    private readonly delegate* unmanaged<nint, CaptureMode, CudaResult> begin;
    private readonly delegate* unmanaged<nint, nint*, CudaResult> end;
    private readonly delegate* unmanaged<nint, CaptureStatus*, CudaResult> getStatus;
    private readonly delegate* unmanaged<CaptureMode*, CudaResult> exchangeThreadMode;

    internal CaptureFunctions(IExportTable exports)
    {
        begin = (delegate* unmanaged<nint, CaptureMode, CudaResult>)
            exports.Get("cuStreamBeginCapture_v2");
        end = (delegate* unmanaged<nint, nint*, CudaResult>)exports.Get("cuStreamEndCapture");
        getStatus = (delegate* unmanaged<nint, CaptureStatus*, CudaResult>)
            exports.Get("cuStreamIsCapturing");
        // A table that forbids nothing during a recording need not have it.
        if (exports.TryGet("cuThreadExchangeStreamCaptureMode", out var exchange))
            exchangeThreadMode = (delegate* unmanaged<CaptureMode*, CudaResult>)exchange;
    }

    /// <summary>Calls <c>cuStreamBeginCapture</c>.</summary>
    /// <param name="stream">A stream other than the default one.</param>
    /// <param name="mode">Calls that are forbidden during the recording.</param>
    public CudaResult Begin(nint stream, CaptureMode mode) => begin(stream, mode);

    /// <summary>Calls <c>cuStreamEndCapture</c>, which must be done by the thread that began, unless the mode is
    /// relaxed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="graph">The CUDA graph; 0 if the recording became invalid.</param>
    public CudaResult End(nint stream, out nint graph)
    {
        fixed (nint* p = &graph) return end(stream, p);
    }

    /// <summary>Calls <c>cuStreamIsCapturing</c>.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="status">Whether the stream is being recorded.</param>
    public CudaResult GetStatus(nint stream, out CaptureStatus status)
    {
        fixed (CaptureStatus* p = &status) return getStatus(stream, p);
    }

    /// <summary>Calls <c>cuThreadExchangeStreamCaptureMode</c>, which sets what is forbidden in the calling thread while streams are
    /// being recorded.</summary>
    /// <param name="mode">The mode to set, which is replaced by that before.</param>
    public CudaResult ExchangeThreadMode(ref CaptureMode mode)
    {
        if (exchangeThreadMode == null) return CudaResult.Success;
        fixed (CaptureMode* p = &mode) return exchangeThreadMode(p);
    }
}

/// <summary>Threads in which calls that could break a recording, such as allocations, are forbidden
/// (<c>CUstreamCaptureMode</c>).</summary>
public enum CaptureMode
{
    /// <summary>Calls are forbidden in every thread.</summary>
    Global = 0,

    /// <summary>Calls are forbidden in the thread that records.</summary>
    ThreadLocal = 1,

    /// <summary>Calls are forbidden in no thread.</summary>
    Relaxed = 2,
}

/// <summary>Whether a stream is being recorded (<c>CUstreamCaptureStatus</c>).</summary>
public enum CaptureStatus
{
    /// <summary>The stream is not being recorded.</summary>
    None = 0,

    /// <summary>The stream is being recorded.</summary>
    Active = 1,

    /// <summary>A forbidden call broke the recording, which must still be ended.</summary>
    Invalidated = 2,
}
