namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for host memory that GPUs read and write directly.</summary>
public sealed unsafe class HostMemoryFunctions
{
    private const uint Portable = 1;
    private const uint Mapped = 2;

    private readonly delegate* unmanaged<void**, nuint, uint, CudaResult> allocate;
    private readonly delegate* unmanaged<ulong*, void*, uint, CudaResult> getDevicePointer;
    private readonly delegate* unmanaged<void*, CudaResult> free;

    internal HostMemoryFunctions(IExportTable exports)
    {
        allocate = (delegate* unmanaged<void**, nuint, uint, CudaResult>)exports.Get("cuMemHostAlloc");
        getDevicePointer = (delegate* unmanaged<ulong*, void*, uint, CudaResult>)
            exports.Get("cuMemHostGetDevicePointer_v2");
        free = (delegate* unmanaged<void*, CudaResult>)exports.Get("cuMemFreeHost");
    }

    /// <summary>Calls <c>cuMemHostAlloc</c> for pinned memory that is mapped into GPUs, for every context of the
    /// process.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <param name="address">Address of the memory on the host.</param>
    public CudaResult Allocate(nuint bytes, out void* address)
    {
        fixed (void** p = &address) return allocate(p, bytes, Portable | Mapped);
    }

    /// <summary>Calls <c>cuMemHostGetDevicePointer</c> for the address at which the current context's GPU sees the
    /// memory.</summary>
    /// <param name="host">Address from <see cref="Allocate"/>.</param>
    /// <param name="device">Address of the memory on the GPU.</param>
    public CudaResult GetDevicePointer(void* host, out ulong device)
    {
        fixed (ulong* p = &device) return getDevicePointer(p, host, 0);
    }

    /// <summary>Calls <c>cuMemFreeHost</c>.</summary>
    /// <param name="host">Address from <see cref="Allocate"/>.</param>
    public CudaResult Free(void* host) => free(host);
}
