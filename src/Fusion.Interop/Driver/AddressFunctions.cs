using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>What an address is.</summary>
public sealed unsafe class AddressFunctions
{
    private const int MemoryType = 2;
    private const int DeviceOrdinal = 9;

    private readonly delegate* unmanaged<uint, int*, void**, ulong, CudaResult> getAttributes;

    internal AddressFunctions(nint library) =>
        getAttributes = (delegate* unmanaged<uint, int*, void**, ulong, CudaResult>)
            NativeLibrary.GetExport(library, "cuPointerGetAttributes");

    /// <summary><c>cuPointerGetAttributes</c>, for the kind of memory and its GPU. Needs no context; allocates nothing.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="kind">What memory it is; <see cref="MemoryKind.Unknown"/> if the driver does not know it, as it does not
    /// know common host memory.</param>
    /// <param name="ordinal">Number of the GPU that has it, or that allocated it; of no meaning if it is unknown.</param>
    public CudaResult GetLocation(ulong address, out MemoryKind kind, out int ordinal)
    {
        const int count = 2;
        var attributes = stackalloc int[count] { MemoryType, DeviceOrdinal };
        var (type, device) = (0, 0);
        var values = stackalloc void*[count] { &type, &device };
        var result = getAttributes(count, attributes, values, address);
        (kind, ordinal) = ((MemoryKind)type, device);
        return result;
    }
}
