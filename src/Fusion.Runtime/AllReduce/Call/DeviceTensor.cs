namespace Fusion.Runtime;

/// <summary>A dense row-major matrix in a rank's memory: address, type and shape. It does not own the memory.</summary>
public readonly record struct DeviceTensor
{
    /// <summary>Makes a tensor of its address, type and shape.</summary>
    /// <param name="address">Address of the first element: a <c>CUdeviceptr</c>, or of host memory for a rank on the
    /// CPU.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of elements in a row, mostly the hidden size.</param>
    public DeviceTensor(ulong address, ElementType type, long rows, long columns) =>
        (Address, Type, Rows, Columns) = (address, type, rows, columns);

    /// <summary>Address of the first element: a <c>CUdeviceptr</c>, or of host memory for a rank on the CPU.</summary>
    public ulong Address { get; init; }

    /// <summary>Type of the elements.</summary>
    public ElementType Type { get; init; }

    /// <summary>Number of rows, mostly tokens.</summary>
    public long Rows { get; init; }

    /// <summary>Number of elements in a row, mostly the hidden size.</summary>
    public long Columns { get; init; }

    /// <summary>What the memory must be kept with, as long as the tensor is; null for memory of others.</summary>
    internal object? Owner { get; init; }

    /// <summary>Compares address, type and shape.</summary>
    /// <param name="other">The other tensor.</param>
    public bool Equals(DeviceTensor other) => (Address, Type, Rows, Columns) == (other.Address, other.Type, other.Rows, other.Columns);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, Type, Rows, Columns);

    /// <summary>Number of elements.</summary>
    public long Count => Rows * Columns;

    /// <summary>Size in bytes; two elements of <see cref="ElementType.Float4E2M1"/> are one byte.</summary>
    public long Bytes => ByteCount(Type, Count);

    /// <summary>Makes a vector, a tensor of one row.</summary>
    /// <param name="address">Address of the first element.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="count">Number of elements.</param>
    public static DeviceTensor Vector(ulong address, ElementType type, long count) => new(address, type, 1, count);

    /// <summary>Computes the size of a number of elements in bytes.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="count">Number of elements.</param>
    public static long ByteCount(ElementType type, long count) => CallWords.BitsOf(type) switch
    {
        // A size in bits might overflow.
        4 => (count + 1) / 2,
        var bits => count * (bits / 8),
    };
}
