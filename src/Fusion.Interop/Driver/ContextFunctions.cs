namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for contexts. The primary context of a device is the one that all libraries in a process
/// share.</summary>
public sealed unsafe class ContextFunctions
{
    private readonly delegate* unmanaged<nint*, int, CudaResult> retainPrimary;
    private readonly delegate* unmanaged<int, CudaResult> releasePrimary;
    private readonly delegate* unmanaged<nint*, CudaResult> getCurrent;
    private readonly delegate* unmanaged<nint, CudaResult> setCurrent;
    private readonly delegate* unmanaged<int*, CudaResult> getDevice;
    private readonly delegate* unmanaged<CudaResult> synchronize;

    internal ContextFunctions(IExportTable exports)
    {
        retainPrimary = (delegate* unmanaged<nint*, int, CudaResult>)
            exports.Get("cuDevicePrimaryCtxRetain");
        releasePrimary = (delegate* unmanaged<int, CudaResult>)
            exports.Get("cuDevicePrimaryCtxRelease_v2");
        getCurrent = (delegate* unmanaged<nint*, CudaResult>)exports.Get("cuCtxGetCurrent");
        setCurrent = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuCtxSetCurrent");
        getDevice = (delegate* unmanaged<int*, CudaResult>)exports.Get("cuCtxGetDevice");
        synchronize = (delegate* unmanaged<CudaResult>)exports.Get("cuCtxSynchronize");
    }

    /// <summary>Calls <c>cuDevicePrimaryCtxRetain</c>, which creates the primary context or adds a reference to
    /// it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="context">The context.</param>
    public CudaResult RetainPrimary(int device, out nint context)
    {
        fixed (nint* p = &context) return retainPrimary(p, device);
    }

    /// <summary>Calls <c>cuDevicePrimaryCtxRelease</c>, which drops a reference; with the last one, the context
    /// ends.</summary>
    /// <param name="device">The device.</param>
    public CudaResult ReleasePrimary(int device) => releasePrimary(device);

    /// <summary>Calls <c>cuCtxGetCurrent</c>.</summary>
    /// <param name="context">Current context of the calling thread; 0 if there is none.</param>
    public CudaResult GetCurrent(out nint context)
    {
        fixed (nint* p = &context) return getCurrent(p);
    }

    /// <summary>Calls <c>cuCtxSetCurrent</c>.</summary>
    /// <param name="context">Context that becomes the calling thread's current one.</param>
    public CudaResult SetCurrent(nint context) => setCurrent(context);

    /// <summary>Calls <c>cuCtxGetDevice</c>.</summary>
    /// <param name="device">Device of the calling thread's current context.</param>
    public CudaResult GetDevice(out int device)
    {
        fixed (int* p = &device) return getDevice(p);
    }

    /// <summary>Calls <c>cuCtxSynchronize</c>, which waits for all work of the current context.</summary>
    public CudaResult Synchronize() => synchronize();
}
