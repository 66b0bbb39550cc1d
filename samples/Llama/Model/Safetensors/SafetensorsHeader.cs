using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Llama.Model.Safetensors;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Sizes, outermost first; none for a scalar.</param>
/// <param name="Start">Offset of the first byte in the file.</param>
/// <param name="Bytes">Size in bytes.</param>
public sealed record SafetensorsEntry(string Name, TensorDataType Type, IReadOnlyList<long> Shape, long Start, long Bytes)
{
    /// <inheritdoc/>
    public override string ToString() => $"{TensorDataTypes.WordOf(Type)}[{string.Join(", ", Shape)}]";
}

/// <summary>Reads the header of a safetensors file: its length in 8 bytes, and JSON with type, shape and place of each tensor. The
/// tensors must fill the rest of the file without gap and overlap, as the format demands.</summary>
public static class SafetensorsHeader
{
    // What Hugging Face's own reader allows.
    private const long LongestHeader = 100_000_000;

    /// <summary>Reads a header.</summary>
    /// <param name="file">Path of the file, for messages.</param>
    /// <param name="start">The file's first bytes, with the whole header.</param>
    /// <param name="fileBytes">Size of the file.</param>
    /// <exception cref="CheckpointException">The header is malformed, or does not fit the file.</exception>
    public static IReadOnlyList<SafetensorsEntry> Read(string file, ReadOnlySpan<byte> start, long fileBytes)
    {
        var length = Length(file, start, fileBytes);
        List<SafetensorsEntry> entries = [];
        try
        {
            var reader = new Utf8JsonReader(start.Slice(sizeof(ulong), length));
            using var json = JsonDocument.ParseValue(ref reader);
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new CheckpointException(file, "the header is no JSON object");
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var property in json.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
            {
                if (!names.Add(property.Name)) throw new CheckpointException(file, $"the tensor '{property.Name}' is there twice");
                entries.Add(Entry(file, property.Name, property.Value, sizeof(ulong) + length));
            }
        }
        catch (JsonException e)
        {
            throw new CheckpointException(file, $"the header is no JSON: {e.Message}", e);
        }

        CheckPlaces(file, entries, sizeof(ulong) + length, fileBytes);
        return entries;
    }

    /// <summary>Gets the length of a header from the file's first 8 bytes.</summary>
    /// <param name="file">Path of the file, for messages.</param>
    /// <param name="start">The file's first bytes.</param>
    /// <param name="fileBytes">Size of the file.</param>
    /// <exception cref="CheckpointException">The file is shorter than the header.</exception>
    public static int Length(string file, ReadOnlySpan<byte> start, long fileBytes)
    {
        if (fileBytes < sizeof(ulong) || start.Length < sizeof(ulong))
            throw new CheckpointException(file, Text($"it has {fileBytes} bytes; a safetensors file begins with 8 bytes for the length of its header"));
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length is 0 or > LongestHeader || (long)length > fileBytes - sizeof(ulong))
        {
            throw new CheckpointException(file, Text(
                $"its header would have {length} bytes of a file of {fileBytes}; it is truncated, or no safetensors file"));
        }

        return (int)length;
    }

    private static SafetensorsEntry Entry(string file, string name, JsonElement value, long dataStart)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String ||
            !value.TryGetProperty("shape", out var shape) || Numbers(shape) is not { } sizes ||
            !value.TryGetProperty("data_offsets", out var offsets) || Numbers(offsets) is not [var begin, var end])
        {
            throw new CheckpointException(file, $"the header of '{name}' is {value.GetRawText()}; expected are dtype, shape and two data_offsets");
        }

        if (!TensorDataTypes.TryParse(dtype.GetString()!, out var type))
            throw new CheckpointException(file, $"'{name}' is of {dtype.GetString()}; known are {string.Join(", ", TensorDataTypes.Words)}");
        long bytes = TensorDataTypes.BytesOf(type);
        try
        {
            foreach (var size in sizes) bytes = checked(bytes * size);
            _ = checked(dataStart + end);
        }
        catch (OverflowException)
        {
            throw new CheckpointException(file, $"'{name}' has the shape [{string.Join(", ", sizes)}] and ends at {end}, which is larger than any file");
        }

        if (end - begin != bytes)
            throw new CheckpointException(file, Text($"'{name}' is {dtype.GetString()}[{string.Join(", ", sizes)}], {bytes} bytes, and its data_offsets have {end - begin}"));
        return new(name, type, sizes, dataStart + begin, bytes);
    }

    private static long[]? Numbers(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array) return null;
        var numbers = new List<long>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0) return null;
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void CheckPlaces(string file, List<SafetensorsEntry> entries, long dataStart, long fileBytes)
    {
        var at = dataStart;
        SafetensorsEntry? before = null;
        foreach (var entry in entries.OrderBy(entry => entry.Start).ThenBy(entry => entry.Bytes))
        {
            if (entry.Start < at)
                throw new CheckpointException(file, Text($"'{entry.Name}' begins at byte {entry.Start}, in the middle of '{before!.Name}', which ends at {at}"));
            if (entry.Start > at)
                throw new CheckpointException(file, Text($"{entry.Start - at} bytes before '{entry.Name}' belong to no tensor"));
            at = entry.Start + entry.Bytes;
            before = entry;
            if (at > fileBytes)
                throw new CheckpointException(file, Text($"it is truncated: '{entry.Name}' ({entry}) ends at byte {at} of {fileBytes}"));
        }

        if (at < fileBytes) throw new CheckpointException(file, Text($"{fileBytes - at} bytes behind the last tensor belong to none"));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
