namespace Fusion.Runtime;

/// <summary>A dense row-major matrix in a rank's memory: where it is, what it holds, how large it is. It owns nothing.</summary>
/// <param name="Address">Address of the first element: a <c>CUdeviceptr</c>, or of host memory for a rank on the CPU.</param>
/// <param name="Type">Its elements.</param>
/// <param name="Rows">Number of rows, mostly tokens.</param>
/// <param name="Columns">Number of elements in a row, mostly the hidden size.</param>
public readonly record struct DeviceTensor(ulong Address, ElementType Type, long Rows, long Columns)
{
    /// <summary>Number of elements.</summary>
    public long Count => Rows * Columns;

    /// <summary>Size in bytes; two <see cref="ElementType.Float4E2M1"/> are one byte.</summary>
    public long Bytes => ByteCount(Type, Count);

    /// <summary>A vector: one row.</summary>
    /// <param name="address">Address of the first element.</param>
    /// <param name="type">Its elements.</param>
    /// <param name="count">How many.</param>
    public static DeviceTensor Vector(ulong address, ElementType type, long count) => new(address, type, 1, count);

    /// <summary>Bytes of so many elements.</summary>
    /// <param name="type">The elements.</param>
    /// <param name="count">How many.</param>
    public static long ByteCount(ElementType type, long count) => CallWords.BitsOf(type) switch
    {
        // Not in bits, which might be too many for a number.
        4 => (count + 1) / 2,
        var bits => count * (bits / 8),
    };
}
