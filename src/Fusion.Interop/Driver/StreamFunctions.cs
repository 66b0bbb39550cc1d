namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for streams: queues of work on a device.</summary>
public sealed unsafe class StreamFunctions
{
    private const uint NonBlocking = 1;

    private readonly delegate* unmanaged<nint*, uint, CudaResult> create;
    private readonly delegate* unmanaged<nint, CudaResult> destroy;
    private readonly delegate* unmanaged<nint, CudaResult> synchronize;
    private readonly delegate* unmanaged<nint, CudaResult> query;
    private readonly delegate* unmanaged<nint, nint, uint, CudaResult> waitEvent;
    private readonly delegate* unmanaged<nint, nint*, CudaResult> getContext;
    private readonly delegate* unmanaged<nint, delegate* unmanaged<nint, CudaResult, void*, void>, void*, uint, CudaResult> addCallback;

    internal StreamFunctions(IExportTable exports)
    {
        create = (delegate* unmanaged<nint*, uint, CudaResult>)exports.Get("cuStreamCreate");
        destroy = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamDestroy_v2");
        synchronize = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamSynchronize");
        query = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuStreamQuery");
        waitEvent = (delegate* unmanaged<nint, nint, uint, CudaResult>)exports.Get("cuStreamWaitEvent");
        getContext = (delegate* unmanaged<nint, nint*, CudaResult>)exports.Get("cuStreamGetCtx");
        addCallback = (delegate* unmanaged<nint, delegate* unmanaged<nint, CudaResult, void*, void>, void*, uint, CudaResult>)
            exports.Get("cuStreamAddCallback");
    }

    /// <summary>Calls <c>cuStreamCreate</c> in the current context, for a stream that is not ordered with the default
    /// stream.</summary>
    /// <param name="stream">The stream.</param>
    public CudaResult Create(out nint stream)
    {
        fixed (nint* p = &stream) return create(p, NonBlocking);
    }

    /// <summary>Calls <c>cuStreamDestroy</c>. Work in the stream still ends.</summary>
    /// <param name="stream">The stream.</param>
    public CudaResult Destroy(nint stream) => destroy(stream);

    /// <summary>Calls <c>cuStreamSynchronize</c>, which waits for all work in the stream.</summary>
    /// <param name="stream">The stream; 0 is the default stream of the current context.</param>
    public CudaResult Synchronize(nint stream) => synchronize(stream);

    /// <summary>Calls <c>cuStreamQuery</c>, which must not be done for a stream that is being recorded.</summary>
    /// <param name="stream">The stream; 0 is the default stream of the current context.</param>
    /// <returns>Result of the call; <see cref="CudaResult.NotReady"/> if the stream has work.</returns>
    public CudaResult Query(nint stream) => query(stream);

    /// <summary>Calls <c>cuStreamWaitEvent</c>: work that is enqueued later waits for the event.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="handle">The event, of any context.</param>
    public CudaResult Wait(nint stream, nint handle) => waitEvent(stream, handle, 0);

    /// <summary>Calls <c>cuStreamGetCtx</c> for the context that a stream belongs to.</summary>
    /// <param name="stream">A stream other than the default streams.</param>
    /// <param name="context">Context of the stream.</param>
    public CudaResult GetContext(nint stream, out nint context)
    {
        fixed (nint* p = &context) return getContext(stream, p);
    }

    /// <summary>Calls <c>cuStreamAddCallback</c>: a function is called on a thread of the driver when the stream's work so far
    /// is done or, unlike with <c>cuLaunchHostFunc</c>, when work of the context failed.</summary>
    /// <param name="stream">The stream, which must not be recorded.</param>
    /// <param name="callback">Function that is called once with the stream, the result of the work, and
    /// <paramref name="data"/>. It must not call the driver.</param>
    /// <param name="data">Value for the function.</param>
    public CudaResult AddCallback(nint stream, delegate* unmanaged<nint, CudaResult, void*, void> callback, void* data) =>
        addCallback(stream, callback, data, 0);
}
