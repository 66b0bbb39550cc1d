using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>Arguments of <c>cuTensorMapEncodeTiled</c>, checked: the driver says no more of a wrong one than that it is wrong.</summary>
internal sealed class TensorMapLayout
{
    private const int MostDimensions = 5;
    private const int MostBox = 256;
    private const int MostElementStride = 8;
    private const long MostSize = 1L << 32;
    private const long MostStride = 1L << 40;
    private const int Unit = 16;

    public required int DataType { get; init; }

    public required ulong[] Sizes { get; init; }

    public required ulong[] Strides { get; init; }

    public required uint[] Box { get; init; }

    public required uint[] ElementStrides { get; init; }

    public required int Interleave { get; init; }

    public required int Swizzle { get; init; }

    public required int L2Promotion { get; init; }

    public required int OutOfBoundsFill { get; init; }

    /// <summary>Checks arguments in the order in which a reader would look for the mistake.</summary>
    public static TensorMapLayout Check<T>(ulong address, ReadOnlySpan<long> sizes, ReadOnlySpan<int> box, TensorMapOptions options)
        where T : unmanaged
    {
        var elementBytes = Unsafe.SizeOf<T>();
        var (dataType, isFloat) = TypeOf<T>();
        var rank = sizes.Length;
        if (rank is < 1 or > MostDimensions) throw Wrong("sizes", $"a tensor has {rank} dimensions; expected 1 to {MostDimensions}");
        var interleaved = options.Interleave != TensorMapInterleave.None;
        if (interleaved && rank < 3) throw Wrong(nameof(options.Interleave), $"a tensor of {rank} dimensions is interleaved; expected 3 to {MostDimensions}");
        var unit = options.Interleave == TensorMapInterleave.Bytes32 ? 2 * Unit : Unit;
        if (address == 0 || address % (uint)unit != 0) throw Wrong("tensor", $"the address is 0x{address:x}; expected a multiple of {unit} bytes");
        for (var i = 0; i < rank; i++)
        {
            if (sizes[i] is < 1 or > MostSize) throw Wrong("sizes", $"dimension {i} has {sizes[i]} elements; expected 1 to {MostSize}");
        }

        if (box.Length != rank) throw Wrong("box", $"the box has {box.Length} dimensions, the tensor {rank}");
        for (var i = 0; i < rank; i++)
        {
            if (box[i] is < 1 or > MostBox) throw Wrong("box", $"dimension {i} of the box has {box[i]} elements; expected 1 to {MostBox}");
        }

        var steps = options.ElementStrides ?? [.. Enumerable.Repeat(1, rank)];
        if (steps.Count != rank) throw Wrong(nameof(options.ElementStrides), $"there are {steps.Count} steps between elements; expected {rank}");
        for (var i = 0; i < rank; i++)
        {
            if (steps[i] is < 1 or > MostElementStride)
                throw Wrong(nameof(options.ElementStrides), $"dimension {i} has the step {steps[i]}; expected 1 to {MostElementStride}");
        }

        var rowBytes = box[0] * elementBytes;
        if (!interleaved && rowBytes % Unit != 0)
            throw Wrong("box", $"a row of the box has {box[0]} elements, {rowBytes} bytes; expected a multiple of {Unit} bytes");
        if (!Enum.IsDefined(options.Swizzle)) throw Wrong(nameof(options.Swizzle), $"{options.Swizzle} is no way to permute");
        if (!Enum.IsDefined(options.Interleave)) throw Wrong(nameof(options.Interleave), $"{options.Interleave} is no way to interleave");
        if (!Enum.IsDefined(options.L2Promotion)) throw Wrong(nameof(options.L2Promotion), $"{options.L2Promotion} is no unit of fetches");
        var span = options.Swizzle == TensorMapSwizzle.None ? int.MaxValue : Unit << (int)options.Swizzle;
        if (!interleaved && rowBytes > span)
            throw Wrong("box", $"a row of the box has {rowBytes} bytes, and {nameof(options.Swizzle)} is {options.Swizzle}; expected {span} bytes at most");
        if (options.Interleave == TensorMapInterleave.Bytes32 && options.Swizzle != TensorMapSwizzle.Bytes32)
            throw Wrong(nameof(options.Swizzle), $"{nameof(options.Interleave)} is Bytes32, and {nameof(options.Swizzle)} is {options.Swizzle}; expected Bytes32");
        if (options.FillsWithNaN && (!isFloat || interleaved))
            throw Wrong(nameof(options.FillsWithNaN), $"elements of {typeof(T).Name}{(interleaved ? ", interleaved," : "")} have no NaN to fill with; expected a type of floating point, not interleaved");
        return new TensorMapLayout
        {
            DataType = dataType,
            Sizes = [.. sizes.ToArray().Select(size => (ulong)size)],
            Strides = StridesOf(sizes, elementBytes, unit, options),
            Box = [.. box.ToArray().Select(size => (uint)size)],
            ElementStrides = [.. steps.Select(step => (uint)step)],
            Interleave = (int)options.Interleave,
            Swizzle = (int)options.Swizzle,
            L2Promotion = (int)options.L2Promotion,
            OutOfBoundsFill = options.FillsWithNaN ? 1 : 0,
        };
    }

    /// <summary>Checks that the tensor ends within its memory.</summary>
    public void CheckEnd(long bytes, int elementBytes)
    {
        var end = Sizes[0] * (UInt128)elementBytes;
        for (var i = 1; i < Sizes.Length; i++) end += (Sizes[i] - 1) * (UInt128)Strides[i - 1];
        if (end > (UInt128)bytes) throw Wrong("tensor", $"the tensor takes {end} bytes, and its memory has {bytes}");
    }

    private static ulong[] StridesOf(ReadOnlySpan<long> sizes, int elementBytes, int unit, TensorMapOptions options)
    {
        var given = options.Strides;
        if (given is not null && given.Count != sizes.Length - 1)
            throw Wrong(nameof(options.Strides), $"there are {given.Count} strides; expected {sizes.Length - 1}, of each dimension but the first");
        var strides = new ulong[sizes.Length - 1];
        var row = (UInt128)sizes[0] * (UInt128)elementBytes;
        var dense = row;
        for (var i = 0; i < strides.Length; i++)
        {
            // The dimensions may lie in memory in any order: only elements of the first one must follow each other.
            if (given is not null && (given[i] <= 0 || (UInt128)given[i] < row))
                throw Wrong(nameof(options.Strides), $"the stride of dimension {i + 1} is {given[i]} bytes; expected {row} at least, which dimension 0 takes");
            var stride = given is null ? dense : (UInt128)given[i];
            if (stride % (uint)unit != 0 || stride >= MostStride)
            {
                throw Wrong(nameof(options.Strides), $"the stride of dimension {i + 1} is {stride} bytes; expected a multiple of {unit} below 2^40"
                    + (given is null ? ": give Strides of memory whose rows have room to spare" : ""));
            }

            strides[i] = (ulong)stride;
            dense = stride * (UInt128)sizes[i + 1];
        }

        return strides;
    }

    private static (int Type, bool IsFloat) TypeOf<T>()
        where T : unmanaged
    {
        // The numbers are those of CUtensorMapDataType.
        if (typeof(T) == typeof(Half)) return (6, true);
        if (typeof(T) == typeof(float)) return (7, true);
        if (typeof(T) == typeof(double)) return (8, true);
        if (typeof(T) == typeof(BFloat16)) return (9, true);
        if (typeof(T) == typeof(short) || typeof(T) == typeof(ushort)) return (1, false);
        if (typeof(T) == typeof(uint)) return (2, false);
        if (typeof(T) == typeof(int)) return (3, false);
        if (typeof(T) == typeof(ulong)) return (4, false);
        if (typeof(T) == typeof(long)) return (5, false);
        return Unsafe.SizeOf<T>() == 1 ? (0, false) : throw Wrong("T", $"elements are {typeof(T).Name}; expected a number of CUDA's tensor maps, or a type of 1 byte");
    }

    /// <summary>The error of an argument.</summary>
    public static FusionArgumentException Wrong(string name, string what) => new(ErrorCodes.TensorMap, name, $"A tensor map cannot be made: {what}.");
}
