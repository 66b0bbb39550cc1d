namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that say what an address is.</summary>
public sealed unsafe class AddressFunctions
{
    private const int ContextAttribute = 1;
    private const int TypeAttribute = 2;
    private const int IsManagedAttribute = 8;
    private const int OrdinalAttribute = 9;
    private const int RangeStartAttribute = 11;
    private const int RangeSizeAttribute = 12;

    private readonly delegate* unmanaged<uint, int*, void**, ulong, CudaResult> getAttributes;

    internal AddressFunctions(IExportTable exports) =>
        getAttributes = (delegate* unmanaged<uint, int*, void**, ulong, CudaResult>)
            exports.Get("cuPointerGetAttributes");

    /// <summary>Calls <c>cuPointerGetAttributes</c> for the kind of memory and its GPU. Needs no context, and allocates
    /// nothing.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="type">Type of the memory; <see cref="MemoryType.Unknown"/> if the driver does not know it, as with
    /// pageable host memory.</param>
    /// <param name="isManaged">Whether it is managed memory, which migrates to its user.</param>
    /// <param name="ordinal">Ordinal of the GPU that has or allocated the memory; undefined if the memory is
    /// unknown.</param>
    public CudaResult GetLocation(ulong address, out MemoryType type, out bool isManaged, out int ordinal)
    {
        const int count = 3;
        var attributes = stackalloc int[count] { TypeAttribute, IsManagedAttribute, OrdinalAttribute };
        // The driver writes one byte for the second attribute.
        int kind = 0, managed = 0, device = 0;
        // Assigned one by one, because an initializer of pointers allocates (seen with C# 14).
        var values = stackalloc void*[count];
        values[0] = &kind;
        values[1] = &managed;
        values[2] = &device;
        var result = getAttributes(count, attributes, values, address);
        (type, isManaged, ordinal) = ((MemoryType)kind, managed != 0, device);
        return result;
    }

    /// <summary>Calls <c>cuPointerGetAttributes</c> for the allocation that an address is in. Values that the driver does
    /// not know are 0.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="context">Context of the allocation; also 0 for an allocation without context, such as one of a memory
    /// pool.</param>
    /// <param name="start">Address at which the allocation starts.</param>
    /// <param name="size">Size of the allocation in bytes.</param>
    public CudaResult GetAllocation(ulong address, out nint context, out ulong start, out ulong size)
    {
        const int count = 3;
        var attributes = stackalloc int[count] { ContextAttribute, RangeStartAttribute, RangeSizeAttribute };
        nint owner = 0;
        ulong first = 0, bytes = 0;
        var values = stackalloc void*[count];
        values[0] = &owner;
        values[1] = &first;
        values[2] = &bytes;
        var result = getAttributes(count, attributes, values, address);
        (context, start, size) = (owner, first, bytes);
        return result;
    }
}
