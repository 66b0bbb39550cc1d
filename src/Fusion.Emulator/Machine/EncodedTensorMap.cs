namespace Fusion.Emulation.Machine;

/// <summary>A tensor map in its 128 bytes. The encoding is the emulator's own, as a GPU's is the driver's: the address; the choices, a byte each; of
/// each dimension the size in 32 bits, box and step in a byte, each less one; from the second dimension on, strides of 16 bytes; a mark at the
/// end.</summary>
internal sealed class EncodedTensorMap
{
    /// <summary>Number of words of 8 bytes.</summary>
    public const int Words = 16;

    private const int FirstDimension = 2;
    private const int FirstStride = 8;
    private const ulong Mark = 0x50414D_524F534E;

    public required ulong Address { get; init; }

    /// <summary>A <c>CUtensorMapDataType</c>.</summary>
    public required int DataType { get; init; }

    public required int Interleave { get; init; }

    /// <summary>A <c>CUtensorMapSwizzle</c>.</summary>
    public required int SwizzleMode { get; init; }

    public required int L2Promotion { get; init; }

    public required int OutOfBoundsFill { get; init; }

    public required TensorDimension[] Dimensions { get; init; }

    /// <summary>Size of an element in bytes; 0 for a type whose elements are changed by a copy, which the emulator does not know.</summary>
    public int ElementBytes => DataType switch
    {
        0 => 1,
        1 or 6 or 9 => 2,
        2 or 3 or 7 => 4,
        4 or 5 or 8 => 8,
        _ => 0,
    };

    /// <summary>Permutation of the box in shared memory; null for one that the emulator does not know.</summary>
    public Swizzle? Swizzle => SwizzleMode is >= 0 and <= 3 ? new(Machine.Swizzle.Piece << SwizzleMode) : null;

    /// <summary>Reads a map.</summary>
    /// <returns>The map; null if the bytes are none.</returns>
    public static EncodedTensorMap? TryRead(ReadOnlySpan<ulong> words)
    {
        var rank = (int)(words[1] & 0xFF);
        if (words[Words - 1] != Mark || rank is < 1 or > 5) return null;
        var dimensions = new TensorDimension[rank];
        for (var i = 0; i < rank; i++)
        {
            var word = words[FirstDimension + i];
            dimensions[i] = new(
                (word & uint.MaxValue) + 1, (int)(word >> 32 & 0xFF) + 1, (int)(word >> 40 & 0xFF) + 1, i == 0 ? 0 : words[FirstStride + i - 1] * 16);
        }

        return new()
        {
            Address = words[0],
            DataType = ChoiceOf(words, 1),
            Interleave = ChoiceOf(words, 2),
            SwizzleMode = ChoiceOf(words, 3),
            L2Promotion = ChoiceOf(words, 4),
            OutOfBoundsFill = ChoiceOf(words, 5),
            Dimensions = dimensions,
        };
    }

    /// <summary>Writes the map.</summary>
    public void Write(Span<ulong> words)
    {
        words.Clear();
        words[0] = Address;
        words[1] = (uint)Dimensions.Length | ((ulong)DataType << 8) | ((ulong)Interleave << 16) | ((ulong)SwizzleMode << 24) | ((ulong)L2Promotion << 32) |
            ((ulong)OutOfBoundsFill << 40);
        for (var i = 0; i < Dimensions.Length; i++)
        {
            var (size, box, step, stride) = Dimensions[i];
            words[FirstDimension + i] = (size - 1) | ((ulong)(box - 1) << 32) | ((ulong)(step - 1) << 40);
            if (i > 0) words[FirstStride + i - 1] = stride / 16;
        }

        words[Words - 1] = Mark;
    }

    private static int ChoiceOf(ReadOnlySpan<ulong> words, int number) => (int)(words[1] >> (8 * number) & 0xFF);
}

/// <summary>A dimension of a tensor map.</summary>
/// <param name="Size">Number of elements of the tensor, up to 2^32.</param>
/// <param name="Box">Number of elements over which a copy goes.</param>
/// <param name="Step">Step between the elements that a copy takes.</param>
/// <param name="Stride">Bytes from one element to the next; 0 for the first dimension, whose elements follow each other.</param>
internal readonly record struct TensorDimension(ulong Size, int Box, int Step, ulong Stride);
