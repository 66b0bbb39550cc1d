using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Checks of one tensor of a call. They allocate only to throw.</summary>
/// <param name="memory">Source of what addresses are; null for ranks on the CPU.</param>
/// <param name="gpu">Ordinal of the rank's GPU.</param>
/// <param name="operation">Name of the operation, for messages.</param>
internal readonly ref struct TensorCheck(IMemoryInspector? memory, int gpu, string operation = CallErrors.AllReduceName)
{
    /// <summary>Alignment of the address of a tensor, in bytes.</summary>
    public const int Alignment = 16;

    /// <summary>Alignment of the address of scales, in bytes.</summary>
    public const int ScaleAlignment = 4;

    /// <summary>Throws unless a tensor has exactly this type and shape and lies in the rank's memory.</summary>
    /// <param name="parameter">Name of the tensor.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="type">Expected type.</param>
    /// <param name="rows">Expected number of rows.</param>
    /// <param name="columns">Expected number of columns.</param>
    /// <param name="reason">What the shape is, in words.</param>
    /// <param name="isChoice">Whether elements are written one by one, so that the address is a multiple of an element's size alone.</param>
    public void Matrix(
        string parameter, in DeviceTensor tensor, ElementType type, long rows, long columns,
        string reason = "the input's tokens, the operation's hidden size", bool isChoice = false)
    {
        CheckAddressAndType(parameter, tensor, type);
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw CallErrors.Argument(parameter, Shape(tensor), $"{Shape(new(0, type, rows, columns))}: {reason}", operation);
        }

        CheckPlace(parameter, tensor.Address, isChoice ? ScaleAlignment : Alignment);
    }

    /// <summary>Throws unless a tensor is a vector of a number of elements, given as a row or as a column.</summary>
    public void Vector(string parameter, in DeviceTensor tensor, ElementType type, long count, string ofWhat)
    {
        CheckAddressAndType(parameter, tensor, type);
        var isVector = (tensor.Rows == 1 && tensor.Columns == count) || (tensor.Columns == 1 && tensor.Rows == count);
        if (!isVector) throw CallErrors.Argument(parameter, Shape(tensor), Text($"[1, {count}] or [{count}, 1]: one element {ofWhat}"));
        CheckPlace(parameter, tensor.Address, Alignment);
    }

    /// <summary>Throws unless a tensor is one f32, as the scale of a quantization.</summary>
    public void Scalar(string parameter, in DeviceTensor tensor)
    {
        CheckAddressAndType(parameter, tensor, ElementType.Float32);
        if (!HasCount(tensor, 1) || tensor.Count != 1) throw CallErrors.Argument(parameter, Shape(tensor), "one f32");
        CheckPlace(parameter, tensor.Address, ScaleAlignment);
    }

    /// <summary>Throws unless a buffer has room for a number of scales; it may be larger.</summary>
    public void Scales(string parameter, in DeviceTensor tensor, ElementType type, long count, ScaleLayout layout)
    {
        CheckAddressAndType(parameter, tensor, type);
        if (!HasCount(tensor, count))
        {
            throw CallErrors.Argument(parameter, Text($"{Shape(tensor)}, {tensor.Count} elements"),
                Text($"{count} elements or more, which the layout {layout} has with its padding"));
        }

        CheckPlace(parameter, tensor.Address, ScaleAlignment);
    }

    private void CheckAddressAndType(string parameter, in DeviceTensor tensor, ElementType type)
    {
        if (tensor.Address == 0) throw CallErrors.Argument(parameter, "null", $"an address of {CallWords.WordOf(type)}", operation);
        if (tensor.Type != type)
            throw CallErrors.Argument(parameter, $"of type {CallWords.WordOf(tensor.Type)}", $"the type {CallWords.WordOf(type)}", operation);
    }

    private static bool HasCount(in DeviceTensor tensor, long least) =>
        tensor is { Rows: > 0, Columns: > 0 } && Math.BigMul((ulong)tensor.Rows, (ulong)tensor.Columns) <= long.MaxValue &&
        tensor.Count >= least;

    private static string Shape(in DeviceTensor tensor) =>
        Text($"[{tensor.Rows}, {tensor.Columns}] of {CallWords.WordOf(tensor.Type)}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void CheckPlace(string parameter, ulong address, int alignment)
    {
        if (address % (uint)alignment != 0)
            throw CallErrors.Argument(parameter, Text($"at 0x{address:x}"), Text($"an address that is a multiple of {alignment}"), operation);
        if (memory is null) return;
        var place = memory.Inspect(address);
        var isOurs = place.Kind == MemoryKind.Managed || (place.Kind == MemoryKind.Device && place.Gpu == gpu);
        if (!isOurs) throw CallErrors.WrongMemory(parameter, address, place, gpu, operation);
    }
}
