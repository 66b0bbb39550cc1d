using System.Buffers.Binary;
using System.Text.Json;

namespace Llama.Model.Safetensors;

/// <summary>A tensor that is written to a file: its header, and what writes its bytes.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Write">Action that writes all bytes of the tensor.</param>
public sealed record TensorToWrite(string Name, TensorDataType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Size in bytes.</summary>
    public long Bytes => Shape.Aggregate((long)TensorDataTypes.BytesOf(Type), (product, size) => product * size);
}

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    // Offsets of data are multiples of this, as Hugging Face's writer has them.
    private const int Alignment = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="path">Path of the file, which is overwritten.</param>
    /// <param name="tensors">The tensors, in the order of their bytes.</param>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var header = Header(tensors);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        file.Write(length);
        file.Write(header);
        foreach (var tensor in tensors)
        {
            var before = file.Position;
            tensor.Write(file);
            if (file.Position - before != tensor.Bytes)
                throw new InvalidOperationException($"'{tensor.Name}' has {tensor.Bytes} bytes, but {file.Position - before} were written.");
        }
    }

    private static byte[] Header(IReadOnlyList<TensorToWrite> tensors)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var at = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", TensorDataTypes.WordOf(tensor.Type));
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += tensor.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % Alignment != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
