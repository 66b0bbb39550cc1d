namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for events: points in a stream, with a time.</summary>
public sealed unsafe class EventFunctions
{
    private const uint DisableTiming = 2;

    private readonly delegate* unmanaged<nint*, uint, CudaResult> create;
    private readonly delegate* unmanaged<nint, CudaResult> destroy;
    private readonly delegate* unmanaged<nint, nint, CudaResult> record;
    private readonly delegate* unmanaged<nint, CudaResult> synchronize;
    private readonly delegate* unmanaged<nint, CudaResult> query;
    private readonly delegate* unmanaged<float*, nint, nint, CudaResult> elapsed;

    internal EventFunctions(IExportTable exports)
    {
        create = (delegate* unmanaged<nint*, uint, CudaResult>)exports.Get("cuEventCreate");
        destroy = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuEventDestroy_v2");
        record = (delegate* unmanaged<nint, nint, CudaResult>)exports.Get("cuEventRecord");
        synchronize = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuEventSynchronize");
        query = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuEventQuery");
        elapsed = (delegate* unmanaged<float*, nint, nint, CudaResult>)
            exports.Get("cuEventElapsedTime");
    }

    /// <summary>Calls <c>cuEventCreate</c> in the current context.</summary>
    /// <param name="handle">The event.</param>
    /// <param name="isTimed">Whether the event has a time, which costs some time itself.</param>
    public CudaResult Create(out nint handle, bool isTimed = true)
    {
        fixed (nint* p = &handle) return create(p, isTimed ? 0 : DisableTiming);
    }

    /// <summary>Calls <c>cuEventDestroy</c>.</summary>
    /// <param name="handle">The event.</param>
    public CudaResult Destroy(nint handle) => destroy(handle);

    /// <summary>Calls <c>cuEventRecord</c>: the event occurs when the stream's work so far is done.</summary>
    /// <param name="handle">The event.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Record(nint handle, nint stream) => record(handle, stream);

    /// <summary>Calls <c>cuEventSynchronize</c>, which waits until the event has occurred.</summary>
    /// <param name="handle">The event.</param>
    public CudaResult Synchronize(nint handle) => synchronize(handle);

    /// <summary>Calls <c>cuEventQuery</c>.</summary>
    /// <param name="handle">The event.</param>
    /// <returns>Result of the call; <see cref="CudaResult.NotReady"/> if the event has not occurred.</returns>
    public CudaResult Query(nint handle) => query(handle);

    /// <summary>Calls <c>cuEventElapsedTime</c>, whose resolution is about half a microsecond.</summary>
    /// <param name="start">The earlier event.</param>
    /// <param name="end">The later event.</param>
    /// <param name="milliseconds">Time between the events in milliseconds.</param>
    public CudaResult Elapsed(nint start, nint end, out float milliseconds)
    {
        fixed (float* p = &milliseconds) return elapsed(p, start, end);
    }
}
