namespace Fusion.Interop.Driver;

/// <summary>Host memory that GPUs read and write directly.</summary>
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

    /// <summary><c>cuMemHostAlloc</c>: pinned, mapped for GPUs, and so for every context of the process.</summary>
    /// <param name="bytes">Size, more than 0.</param>
    /// <param name="address">Its address on the host.</param>
    public CudaResult Allocate(nuint bytes, out void* address)
    {
        fixed (void** p = &address) return allocate(p, bytes, Portable | Mapped);
    }

    /// <summary><c>cuMemHostGetDevicePointer</c>: the address under which the current context's GPU sees it.</summary>
    /// <param name="host">What <see cref="Allocate"/> gave.</param>
    /// <param name="device">The address on the GPU.</param>
    public CudaResult GetDevicePointer(void* host, out ulong device)
    {
        fixed (ulong* p = &device) return getDevicePointer(p, host, 0);
    }

    /// <summary><c>cuMemFreeHost</c>.</summary>
    /// <param name="host">What <see cref="Allocate"/> gave.</param>
    public CudaResult Free(void* host) => free(host);
}
