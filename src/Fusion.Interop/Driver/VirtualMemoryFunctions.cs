namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that make memory, addresses and the mapping between them separately, so that a file descriptor of the
/// memory can be given to other processes. A context must be current, and drivers before CUDA 10.2 lack them.</summary>
public sealed unsafe class VirtualMemoryFunctions
{
    private const int PosixDescriptor = 1;

    private readonly delegate* unmanaged<nuint*, MemoryProperties*, int, CudaResult> getGranularity;
    private readonly delegate* unmanaged<ulong*, nuint, MemoryProperties*, ulong, CudaResult> create;
    private readonly delegate* unmanaged<ulong, CudaResult> release;
    private readonly delegate* unmanaged<ulong*, nuint, nuint, ulong, ulong, CudaResult> reserveAddress;
    private readonly delegate* unmanaged<ulong, nuint, CudaResult> freeAddress;
    private readonly delegate* unmanaged<ulong, nuint, nuint, ulong, ulong, CudaResult> map;
    private readonly delegate* unmanaged<ulong, nuint, CudaResult> unmap;
    private readonly delegate* unmanaged<ulong, nuint, MemoryAccess*, nuint, CudaResult> setAccess;
    private readonly delegate* unmanaged<void*, ulong, int, ulong, CudaResult> export;
    private readonly delegate* unmanaged<ulong*, void*, int, CudaResult> import;

    internal VirtualMemoryFunctions(IExportTable exports)
    {
        var isWhole = true;
        getGranularity = (delegate* unmanaged<nuint*, MemoryProperties*, int, CudaResult>)Find("cuMemGetAllocationGranularity");
        create = (delegate* unmanaged<ulong*, nuint, MemoryProperties*, ulong, CudaResult>)Find("cuMemCreate");
        release = (delegate* unmanaged<ulong, CudaResult>)Find("cuMemRelease");
        reserveAddress = (delegate* unmanaged<ulong*, nuint, nuint, ulong, ulong, CudaResult>)Find("cuMemAddressReserve");
        freeAddress = (delegate* unmanaged<ulong, nuint, CudaResult>)Find("cuMemAddressFree");
        map = (delegate* unmanaged<ulong, nuint, nuint, ulong, ulong, CudaResult>)Find("cuMemMap");
        unmap = (delegate* unmanaged<ulong, nuint, CudaResult>)Find("cuMemUnmap");
        setAccess = (delegate* unmanaged<ulong, nuint, MemoryAccess*, nuint, CudaResult>)Find("cuMemSetAccess");
        export = (delegate* unmanaged<void*, ulong, int, ulong, CudaResult>)Find("cuMemExportToShareableHandle");
        import = (delegate* unmanaged<ulong*, void*, int, CudaResult>)Find("cuMemImportFromShareableHandle");
        IsAvailable = isWhole;

        nint Find(string name)
        {
            isWhole &= exports.TryGet(name, out var address);
            return address;
        }
    }

    /// <summary>Whether the driver has the functions; <see cref="DeviceProperty.VirtualMemorySupported"/> says whether a GPU takes
    /// them.</summary>
    public bool IsAvailable { get; }

    /// <summary>Calls <c>cuMemGetAllocationGranularity</c> for the least unit.</summary>
    /// <param name="device">Device that is to have the memory.</param>
    /// <param name="bytes">Unit of sizes and addresses in bytes.</param>
    public CudaResult GetGranularity(int device, out nuint bytes)
    {
        var properties = MemoryProperties.Shareable(device);
        fixed (nuint* p = &bytes) return getGranularity(p, &properties, 0);
    }

    /// <summary>Calls <c>cuMemCreate</c> for memory of a device that can be exported as a descriptor.</summary>
    /// <param name="device">Device that is to have the memory.</param>
    /// <param name="bytes">Size in bytes, a multiple of the unit.</param>
    /// <param name="memory">Handle of the memory.</param>
    public CudaResult Create(int device, nuint bytes, out ulong memory)
    {
        var properties = MemoryProperties.Shareable(device);
        fixed (ulong* p = &memory) return create(p, bytes, &properties, 0);
    }

    /// <summary>Calls <c>cuMemRelease</c>. The memory is freed when nothing maps it and no process holds it any more.</summary>
    /// <param name="memory">Handle of the memory.</param>
    public CudaResult Release(ulong memory) => release(memory);

    /// <summary>Calls <c>cuMemAddressReserve</c>.</summary>
    /// <param name="bytes">Size in bytes, a multiple of the unit.</param>
    /// <param name="address">First address.</param>
    public CudaResult ReserveAddress(nuint bytes, out ulong address)
    {
        fixed (ulong* p = &address) return reserveAddress(p, bytes, 0, 0, 0);
    }

    /// <summary>Calls <c>cuMemAddressFree</c>.</summary>
    /// <param name="address">First address.</param>
    /// <param name="bytes">Size that was reserved.</param>
    public CudaResult FreeAddress(ulong address, nuint bytes) => freeAddress(address, bytes);

    /// <summary>Calls <c>cuMemMap</c>. No device may use the addresses before <see cref="SetAccess"/>.</summary>
    /// <param name="address">First address of a reservation.</param>
    /// <param name="bytes">Size of memory and reservation in bytes.</param>
    /// <param name="memory">Handle of the memory.</param>
    public CudaResult Map(ulong address, nuint bytes, ulong memory) => map(address, bytes, 0, memory, 0);

    /// <summary>Calls <c>cuMemUnmap</c>, which does not wait for kernels: none may use the memory any more.</summary>
    /// <param name="address">First address.</param>
    /// <param name="bytes">Size in bytes.</param>
    public CudaResult Unmap(ulong address, nuint bytes) => unmap(address, bytes);

    /// <summary>Calls <c>cuMemSetAccess</c>, which lets a device read and write. Peer access that a context has enabled does not count for
    /// such memory.</summary>
    /// <param name="address">First address.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="device">The device.</param>
    public CudaResult SetAccess(ulong address, nuint bytes, int device)
    {
        var access = MemoryAccess.ReadAndWrite(device);
        return setAccess(address, bytes, &access, 1);
    }

    /// <summary>Calls <c>cuMemExportToShareableHandle</c>.</summary>
    /// <param name="memory">Handle of the memory.</param>
    /// <param name="descriptor">A new file descriptor, which the caller closes.</param>
    public CudaResult Export(ulong memory, out int descriptor)
    {
        fixed (int* p = &descriptor) return export(p, memory, PosixDescriptor, 0);
    }

    /// <summary>Calls <c>cuMemImportFromShareableHandle</c>.</summary>
    /// <param name="descriptor">File descriptor of memory of this or another process, which may be closed afterwards.</param>
    /// <param name="memory">Handle of the memory, to be released.</param>
    public CudaResult Import(int descriptor, out ulong memory)
    {
        fixed (ulong* p = &memory) return import(p, (void*)(nint)descriptor, PosixDescriptor);
    }
}
