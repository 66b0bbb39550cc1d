using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Checks of one tensor of a call. They allocate only to throw.</summary>
/// <param name="memory">Asks the driver; null for ranks on the CPU.</param>
/// <param name="gpu">The rank's GPU.</param>
internal readonly ref struct TensorCheck(IMemoryInspector? memory, int gpu)
{
    /// <summary>What the address of every tensor is a multiple of.</summary>
    public const int Alignment = 16;

    /// <summary>What the address of scales is a multiple of.</summary>
    public const int ScaleAlignment = 4;

    /// <summary>Checks a tensor that must have exactly this shape.</summary>
    public void Matrix(string parameter, in DeviceTensor tensor, ElementType type, long rows, long columns)
    {
        Start(parameter, tensor, type);
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw Wrong(parameter, Shape(tensor),
                $"{Shape(new(0, type, rows, columns))}: the input's tokens, the operation's hidden size");
        }

        Place(parameter, tensor.Address, Alignment);
    }

    /// <summary>Checks a vector, which may stand or lie.</summary>
    public void Vector(string parameter, in DeviceTensor tensor, ElementType type, long count, string ofWhat)
    {
        Start(parameter, tensor, type);
        var isVector = (tensor.Rows == 1 && tensor.Columns == count) || (tensor.Columns == 1 && tensor.Rows == count);
        if (!isVector) throw Wrong(parameter, Shape(tensor), Text($"[1, {count}] or [{count}, 1]: one element {ofWhat}"));
        Place(parameter, tensor.Address, Alignment);
    }

    /// <summary>Checks the one float by which a quantization scales.</summary>
    public void Scalar(string parameter, in DeviceTensor tensor)
    {
        Start(parameter, tensor, ElementType.Float32);
        if (!HasCount(tensor, 1) || tensor.Count != 1) throw Wrong(parameter, Shape(tensor), "one f32");
        Place(parameter, tensor.Address, ScaleAlignment);
    }

    /// <summary>Checks a buffer for scales, which may be larger than needed.</summary>
    public void Scales(string parameter, in DeviceTensor tensor, ElementType type, long count, ScaleLayout layout)
    {
        Start(parameter, tensor, type);
        if (!HasCount(tensor, count))
        {
            throw Wrong(parameter, Text($"{Shape(tensor)}, {tensor.Count} elements"),
                Text($"{count} elements or more, which the layout {layout} has with its padding"));
        }

        Place(parameter, tensor.Address, ScaleAlignment);
    }

    /// <summary>An exception.</summary>
    public static AllReduceArgumentException Wrong(string parameter, string value, string allowed) =>
        new(parameter, value, allowed);

    private static void Start(string parameter, in DeviceTensor tensor, ElementType type)
    {
        if (tensor.Address == 0) throw Wrong(parameter, "null", $"an address of {CallWords.WordOf(type)}");
        if (tensor.Type != type)
            throw Wrong(parameter, $"of type {CallWords.WordOf(tensor.Type)}", $"the type {CallWords.WordOf(type)}");
    }

    private static bool HasCount(in DeviceTensor tensor, long least) =>
        tensor is { Rows: > 0, Columns: > 0 } && Math.BigMul((ulong)tensor.Rows, (ulong)tensor.Columns) <= long.MaxValue &&
        tensor.Count >= least;

    private static string Shape(in DeviceTensor tensor) =>
        Text($"[{tensor.Rows}, {tensor.Columns}] of {CallWords.WordOf(tensor.Type)}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Place(string parameter, ulong address, int alignment)
    {
        if (address % (uint)alignment != 0)
            throw Wrong(parameter, Text($"at 0x{address:x}"), Text($"an address that is a multiple of {alignment}"));
        if (memory is null) return;
        var place = memory.Inspect(address);
        var isOurs = place.Kind == MemoryKind.Managed || (place.Kind == MemoryKind.Device && place.Gpu == gpu);
        if (!isOurs) throw new WrongMemoryException(parameter, address, place, gpu);
    }
}
