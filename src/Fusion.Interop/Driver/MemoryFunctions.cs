namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for device memory. Sizes are in bytes; the context of the memory must be
/// current.</summary>
public sealed unsafe class MemoryFunctions
{
    private readonly delegate* unmanaged<ulong*, nuint, CudaResult> allocate;
    private readonly delegate* unmanaged<ulong, CudaResult> free;
    private readonly delegate* unmanaged<ulong, byte, nuint, nint, CudaResult> fillInStream;
    private readonly delegate* unmanaged<ulong*, nuint, nint, CudaResult> allocateInStream;
    private readonly delegate* unmanaged<ulong, nint, CudaResult> freeInStream;
    private readonly delegate* unmanaged<ulong, void*, nuint, nint, CudaResult> copyToDeviceInStream;
    private readonly delegate* unmanaged<void*, ulong, nuint, nint, CudaResult> copyToHostInStream;
    private readonly delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult> copyInStream;
    private readonly delegate* unmanaged<nuint*, nuint*, CudaResult> getInfo;

    internal MemoryFunctions(IExportTable exports)
    {
        allocate = (delegate* unmanaged<ulong*, nuint, CudaResult>)exports.Get("cuMemAlloc_v2");
        free = (delegate* unmanaged<ulong, CudaResult>)exports.Get("cuMemFree_v2");
        fillInStream = (delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)
            exports.Get("cuMemsetD8Async");
        allocateInStream = (delegate* unmanaged<ulong*, nuint, nint, CudaResult>)exports.Get("cuMemAllocAsync");
        freeInStream = (delegate* unmanaged<ulong, nint, CudaResult>)exports.Get("cuMemFreeAsync");
        copyToDeviceInStream = (delegate* unmanaged<ulong, void*, nuint, nint, CudaResult>)exports.Get("cuMemcpyHtoDAsync_v2");
        copyToHostInStream = (delegate* unmanaged<void*, ulong, nuint, nint, CudaResult>)exports.Get("cuMemcpyDtoHAsync_v2");
        copyInStream = (delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult>)exports.Get("cuMemcpyAsync");
        getInfo = (delegate* unmanaged<nuint*, nuint*, CudaResult>)exports.Get("cuMemGetInfo_v2");
    }

    /// <summary>Calls <c>cuMemAlloc</c>.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <param name="address">Address of the memory, a multiple of 256.</param>
    public CudaResult Allocate(nuint bytes, out ulong address)
    {
        fixed (ulong* p = &address) return allocate(p, bytes);
    }

    /// <summary>Calls <c>cuMemGetInfo</c>.</summary>
    /// <param name="free">Size of the memory that is free on the GPU of the current context.</param>
    /// <param name="total">Size of all memory of that GPU.</param>
    public CudaResult GetInfo(out nuint free, out nuint total)
    {
        fixed (nuint* f = &free, t = &total) return getInfo(f, t);
    }

    /// <summary>Calls <c>cuMemFree</c>, which waits for running kernels and then frees.</summary>
    /// <param name="address">Address from either function that allocates.</param>
    public CudaResult Free(ulong address) => free(address);

    /// <summary>Calls <c>cuMemsetD8Async</c>, which sets bytes in the order of the stream.</summary>
    /// <param name="target">Address on the device.</param>
    /// <param name="value">Value of each byte.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Fill(ulong target, byte value, nuint bytes, nint stream) => fillInStream(target, value, bytes, stream);

    /// <summary>Calls <c>cuMemAllocAsync</c>, which allocates from the device's pool in the order of the stream.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <param name="stream">Stream whose later work may use the memory.</param>
    /// <param name="address">Address of the memory.</param>
    public CudaResult Allocate(nuint bytes, nint stream, out ulong address)
    {
        fixed (ulong* p = &address) return allocateInStream(p, bytes, stream);
    }

    /// <summary>Calls <c>cuMemFreeAsync</c>, which frees after the stream's work so far.</summary>
    /// <param name="address">Address from either function that allocates.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Free(ulong address, nint stream) => freeInStream(address, stream);

    /// <summary>Calls <c>cuMemcpyHtoDAsync</c>. From pinned memory it returns before the copy is done.</summary>
    /// <param name="target">Address on the device.</param>
    /// <param name="source">Address on the host.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult CopyToDevice(ulong target, void* source, nuint bytes, nint stream) =>
        copyToDeviceInStream(target, source, bytes, stream);

    /// <summary>Calls <c>cuMemcpyDtoHAsync</c>. To pinned memory it returns before the copy is done.</summary>
    /// <param name="target">Address on the host.</param>
    /// <param name="source">Address on the device.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult CopyToHost(void* target, ulong source, nuint bytes, nint stream) =>
        copyToHostInStream(target, source, bytes, stream);

    /// <summary>Calls <c>cuMemcpyAsync</c>, which also copies between GPUs, with or without peer access.</summary>
    /// <param name="target">Address on a device.</param>
    /// <param name="source">Address on a device.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CudaResult Copy(ulong target, ulong source, nuint bytes, nint stream) => copyInStream(target, source, bytes, stream);
}
