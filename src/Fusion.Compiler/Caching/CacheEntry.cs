using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Compiler.Caching;

/// <summary>One compilation in the cache: on which headers it depends, and what came out.</summary>
/// <param name="Description">What is remembered of it beside the images.</param>
/// <param name="Ptx">The PTX.</param>
/// <param name="Cubin">The machine code.</param>
internal sealed record CacheEntry(CacheDescription Description, byte[] Ptx, byte[] Cubin)
{
    private const int HashBytes = 16;

    private static ReadOnlySpan<byte> Magic => "fusion-cache 1\n"u8;

    /// <summary>The entry as a file: a first line, the hash of what follows, lengths, description, PTX, machine code.</summary>
    public byte[] ToBytes()
    {
        var description = JsonSerializer.SerializeToUtf8Bytes(Description, CacheJson.Default.CacheDescription);
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(new byte[HashBytes]);
        foreach (var part in new[] { description, Ptx, Cubin }) writer.Write(part.Length);
        foreach (var part in new[] { description, Ptx, Cubin }) writer.Write(part);
        writer.Flush();
        var bytes = file.ToArray();
        XxHash128.Hash(bytes.AsSpan(Magic.Length + HashBytes), bytes.AsSpan(Magic.Length, HashBytes));
        return bytes;
    }

    /// <summary>Reads what <see cref="ToBytes"/> made.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <returns>Null if it is anything else.</returns>
    public static CacheEntry? Parse(byte[] bytes)
    {
        var start = Magic.Length + HashBytes;
        if (bytes.Length < start || !bytes.AsSpan().StartsWith(Magic)) return null;
        if (!XxHash128.Hash(bytes.AsSpan(start)).AsSpan().SequenceEqual(bytes.AsSpan(Magic.Length, HashBytes))) return null;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, start, bytes.Length - start), Encoding.UTF8);
            var lengths = new[] { reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32() };
            var parts = lengths.Select(reader.ReadBytes).ToArray();
            var whole = parts.Zip(lengths).All(p => p.First.Length == p.Second);
            return whole && JsonSerializer.Deserialize(parts[0], CacheJson.Default.CacheDescription) is { } description
                ? new CacheEntry(description, parts[1], parts[2])
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>What a compilation depended on and said. Places are those of <see cref="CacheRoots"/>.</summary>
internal sealed record CacheDescription
{
    /// <summary>The headers, in the order they were read.</summary>
    public required IReadOnlyList<CachedHeader> Headers { get; init; }

    /// <summary>Places where a header was looked for and none was read.</summary>
    public required IReadOnlyList<CachedProbe> Probes { get; init; }

    /// <summary>Name of the instantiation for each symbol of a name expression.</summary>
    public required IReadOnlyDictionary<string, string> Symbols { get; init; }

    /// <summary>What NVRTC said, with marks for folders.</summary>
    public required string Log { get; init; }
}

/// <summary>A header in the cache.</summary>
/// <param name="Places">All its places.</param>
/// <param name="Sha256">Hash of its content.</param>
internal sealed record CachedHeader(IReadOnlyList<string> Places, string Sha256);

/// <summary>A place where a header was looked for.</summary>
/// <param name="Place">The place.</param>
/// <param name="Held">What it held, as <see cref="Build.Contract.FileStamp"/> says it.</param>
internal sealed record CachedProbe(string Place, string Held);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CacheDescription))]
internal sealed partial class CacheJson : JsonSerializerContext;
