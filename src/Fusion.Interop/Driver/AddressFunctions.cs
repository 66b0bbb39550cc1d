namespace Fusion.Interop.Driver;

/// <summary>What an address is.</summary>
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

    /// <summary><c>cuPointerGetAttributes</c>, for the kind of memory and its GPU. Needs no context; allocates nothing.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="type">What memory it is; <see cref="MemoryType.Unknown"/> if the driver does not know it, as it does not
    /// know common host memory.</param>
    /// <param name="isManaged">Whether it is managed memory, which moves to who uses it.</param>
    /// <param name="ordinal">Number of the GPU that has it, or that allocated it; of no meaning if it is unknown.</param>
    public CudaResult GetLocation(ulong address, out MemoryType type, out bool isManaged, out int ordinal)
    {
        const int count = 3;
        var attributes = stackalloc int[count] { TypeAttribute, IsManagedAttribute, OrdinalAttribute };
        // The driver writes a byte for the second.
        int kind = 0, managed = 0, device = 0;
        // One by one: an initializer of pointers would allocate (seen with C# 14).
        var values = stackalloc void*[count];
        values[0] = &kind;
        values[1] = &managed;
        values[2] = &device;
        var result = getAttributes(count, attributes, values, address);
        (type, isManaged, ordinal) = ((MemoryType)kind, managed != 0, device);
        return result;
    }

    /// <summary><c>cuPointerGetAttributes</c>, for the allocation that an address is of. What the driver does not know is 0.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="context">The context it was allocated in; 0 also where an allocation is of no context, such as one of a
    /// memory pool.</param>
    /// <param name="start">Where the allocation starts.</param>
    /// <param name="size">Its size in bytes.</param>
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
