using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>Which GPU kernels an assembly carries: the content of the resource <see cref="ResourceName"/>.</summary>
public sealed record KernelManifest
{
    /// <summary>The format that this version of the library writes, and the newest that it reads.</summary>
    /// <remarks>2: images may be compressed (<see cref="KernelImage.Encoding"/>).</remarks>
    public const int CurrentSchema = 2;

    /// <summary>Name of the manifest's resource in the assembly.</summary>
    public const string ResourceName = "Fusion.Kernels/manifest.json";

    /// <summary>What the name of each image's resource starts with; the module's name, architecture and kind follow.</summary>
    public const string ResourcePrefix = "Fusion.Kernels/";

    /// <summary>The format's version.</summary>
    public required int Schema { get; init; }

    /// <summary>Version of Fusion.Sdk that compiled the kernels.</summary>
    public required string Compiler { get; init; }

    /// <summary>Version of NVRTC that compiled the kernels: <c>12.4</c>.</summary>
    public required string Nvrtc { get; init; }

    /// <summary>One for each source file, ordered by name.</summary>
    public required IReadOnlyList<KernelModule> Modules { get; init; }

    /// <summary>Writes the manifest as JSON. The same manifest always gives the same bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.KernelManifest);

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote, in this or an earlier version.</param>
    /// <exception cref="JsonException">This is no manifest, or a newer one than this library knows
    /// (<see cref="CurrentSchema"/>).</exception>
    public static KernelManifest FromJson(ReadOnlySpan<byte> json)
    {
        var manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.KernelManifest)
            ?? throw new JsonException("The manifest is empty.");
        return manifest.Schema <= CurrentSchema
            ? manifest
            : throw new JsonException($"The manifest has schema {manifest.Schema}; this version of Fusion reads up to {CurrentSchema}.");
    }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NewLine = "\n",
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KernelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

/// <summary>A source file and the images made of it.</summary>
public sealed record KernelModule
{
    /// <summary>The file's path in the project without its ending, or its <c>LogicalName</c>: <c>kernels/rms_norm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The file's path in the project, with forward slashes.</summary>
    public required string Source { get; init; }

    /// <summary>One for each architecture and kind.</summary>
    public required IReadOnlyList<KernelImage> Images { get; init; }
}
