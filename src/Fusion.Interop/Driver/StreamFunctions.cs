namespace Fusion.Interop.Driver;

/// <summary>Streams: queues of work on a device.</summary>
public sealed unsafe class StreamFunctions
{
    private const uint NonBlocking = 1;

    private readonly delegate* unmanaged<nint*, uint, CudaResult> create;
    private readonly delegate* unmanaged<nint, CudaResult> destroy;
    private readonly delegate* unmanaged<nint, CudaResult> synchronize;
    private readonly delegate* unmanaged<nint, CudaResult> query;
    private readonly delegate* unmanaged<nint, nint, uint, CudaResult> waitEvent;
    private readonly delegate* unmanaged<nint, nint*, CudaResult> getContext;

    internal StreamFunctions(IExportTable exports)
    {
        create = (delegate* unmanaged<nint*, uint, CudaResult>)exports.Get("cuStreamCreate");
        destroy = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamDestroy_v2");
        synchronize = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamSynchronize");
        query = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamQuery");
        waitEvent = (delegate* unmanaged<nint, nint, uint, CudaResult>)exports.Get("cuStreamWaitEvent");
        getContext = (delegate* unmanaged<nint, nint*, CudaResult>)exports.Get("cuStreamGetCtx");
    }

    /// <summary><c>cuStreamCreate</c> in the current context, without order towards the default stream.</summary>
    /// <param name="stream">The stream.</param>
    public CudaResult Create(out nint stream)
    {
        fixed (nint* p = &stream) return create(p, NonBlocking);
    }

    /// <summary><c>cuStreamDestroy</c>: work in it still ends.</summary>
    /// <param name="stream">The stream.</param>
    public CudaResult Destroy(nint stream) => destroy(stream);

    /// <summary><c>cuStreamSynchronize</c>: waits for all work in the stream.</summary>
    /// <param name="stream">The stream; 0 is the default stream of the current context.</param>
    public CudaResult Synchronize(nint stream) => synchronize(stream);

    /// <summary><c>cuStreamQuery</c>: must not be asked of a stream that is recorded.</summary>
    /// <param name="stream">The stream; 0 is the default stream of the current context.</param>
    /// <returns><see cref="CudaResult.NotReady"/> if there is work in it.</returns>
    public CudaResult Query(nint stream) => query(stream);

    /// <summary><c>cuStreamWaitEvent</c>: what is put in later waits for the event.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="handle">The event, of any context.</param>
    public CudaResult Wait(nint stream, nint handle) => waitEvent(stream, handle, 0);

    /// <summary><c>cuStreamGetCtx</c>: the context that a stream belongs to.</summary>
    /// <param name="stream">The stream; not one of the default streams.</param>
    /// <param name="context">Its context.</param>
    public CudaResult GetContext(nint stream, out nint context)
    {
        fixed (nint* p = &context) return getContext(stream, p);
    }
}
