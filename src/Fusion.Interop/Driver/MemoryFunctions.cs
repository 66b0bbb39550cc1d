namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for device memory. Sizes are in bytes; the context of the memory must be
/// current.</summary>
public sealed unsafe class MemoryFunctions
{
    private readonly delegate* unmanaged<ulong*, nuint, CudaResult> allocate;
    private readonly delegate* unmanaged<ulong, CudaResult> free;
    private readonly delegate* unmanaged<ulong, void*, nuint, CudaResult> copyToDevice;
    private readonly delegate* unmanaged<void*, ulong, nuint, CudaResult> copyToHost;
    private readonly delegate* unmanaged<ulong, byte, nuint, CudaResult> fill;
    private readonly delegate* unmanaged<ulong, byte, nuint, nint, CudaResult> fillInStream;
    private readonly delegate* unmanaged<ulong, ulong, nuint, CudaResult> copy;

    internal MemoryFunctions(IExportTable exports)
    {
        allocate = (delegate* unmanaged<ulong*, nuint, CudaResult>)exports.Get("cuMemAlloc_v2");
        free = (delegate* unmanaged<ulong, CudaResult>)exports.Get("cuMemFree_v2");
        copyToDevice = (delegate* unmanaged<ulong, void*, nuint, CudaResult>)
            exports.Get("cuMemcpyHtoD_v2");
        copyToHost = (delegate* unmanaged<void*, ulong, nuint, CudaResult>)
            exports.Get("cuMemcpyDtoH_v2");
        fill = (delegate* unmanaged<ulong, byte, nuint, CudaResult>)exports.Get("cuMemsetD8_v2");
        fillInStream = (delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)
            exports.Get("cuMemsetD8Async");
        copy = (delegate* unmanaged<ulong, ulong, nuint, CudaResult>)exports.Get("cuMemcpyDtoD_v2");
    }

    /// <summary>Calls <c>cuMemAlloc</c>.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <param name="address">Address of the memory, a multiple of 256.</param>
    public CudaResult Allocate(nuint bytes, out ulong address)
    {
        fixed (ulong* p = &address) return allocate(p, bytes);
    }

    /// <summary>Calls <c>cuMemFree</c>, which waits for running kernels and then frees.</summary>
    /// <param name="address">Address from <see cref="Allocate"/>.</param>
    public CudaResult Free(ulong address) => free(address);

    /// <summary>Calls <c>cuMemcpyHtoD</c>, which may return before the bytes are on the device.</summary>
    /// <param name="target">Address on the device.</param>
    /// <param name="source">Address on the host.</param>
    /// <param name="bytes">Size in bytes.</param>
    public CudaResult CopyToDevice(ulong target, void* source, nuint bytes) => copyToDevice(target, source, bytes);

    /// <summary>Calls <c>cuMemcpyDtoH</c>, which returns when the bytes are on the host.</summary>
    /// <param name="target">Address on the host.</param>
    /// <param name="source">Address on the device.</param>
    /// <param name="bytes">Size in bytes.</param>
    public CudaResult CopyToHost(void* target, ulong source, nuint bytes) => copyToHost(target, source, bytes);

    /// <summary>Calls <c>cuMemsetD8</c>, which may return before the bytes are set.</summary>
    /// <param name="target">Address on the device.</param>
    /// <param name="value">Value of each byte.</param>
    /// <param name="bytes">Size in bytes.</param>
    public CudaResult Fill(ulong target, byte value, nuint bytes) => fill(target, value, bytes);

    /// <summary>Calls <c>cuMemsetD8Async</c>, which sets bytes in the order of the stream.</summary>
    /// <param name="target">Address on the device.</param>
    /// <param name="value">Value of each byte.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Fill(ulong target, byte value, nuint bytes, nint stream) => fillInStream(target, value, bytes, stream);

    /// <summary>Calls <c>cuMemcpyDtoD</c>, which may return before the copy is done. It copies between GPUs if the current
    /// context has peer access.</summary>
    /// <param name="target">Address on a device.</param>
    /// <param name="source">Address on a device.</param>
    /// <param name="bytes">Size in bytes.</param>
    public CudaResult Copy(ulong target, ulong source, nuint bytes) => copy(target, source, bytes);
}
