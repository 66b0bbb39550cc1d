using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>Manifest of an assembly's GPU kernels, the content of the resource <see cref="ResourceName"/>.</summary>
public sealed record KernelManifest
{
    /// <summary>Version of the format that is written, and the newest that is read.</summary>
    /// <remarks>Version 2 allows compressed images (<see cref="KernelImage.Encoding"/>).</remarks>
    public const int CurrentSchema = 2;

    /// <summary>Name of the manifest's resource in the assembly.</summary>
    public const string ResourceName = "Fusion.Kernels/manifest.json";

    /// <summary>Prefix of the name of each image's resource, which module, architecture and kind follow.</summary>
    public const string ResourcePrefix = "Fusion.Kernels/";

    /// <summary>Version of the format.</summary>
    public required int Schema { get; init; }

    /// <summary>Version of Fusion.Sdk that compiled the kernels.</summary>
    public required string Compiler { get; init; }

    /// <summary>Version of NVRTC that compiled the kernels, such as <c>12.4</c>.</summary>
    public required string Nvrtc { get; init; }

    /// <summary>Modules, one for each source file, ordered by name.</summary>
    public required IReadOnlyList<KernelModule> Modules { get; init; }

    /// <summary>Writes the manifest as JSON. The same manifest always gives the same bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.KernelManifest);

    /// <summary>Reads a manifest from JSON.</summary>
    /// <param name="json">Output of <see cref="ToJson"/>, of this or an earlier version.</param>
    /// <exception cref="JsonException">The JSON is no manifest, or one of a newer format than this library reads
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

/// <summary>A module: a source file and the images compiled from it.</summary>
public sealed record KernelModule
{
    /// <summary>Name of the module: the file's path in the project without its extension, such as <c>kernels/rms_norm</c>,
    /// or its <c>LogicalName</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the source file in the project, with forward slashes.</summary>
    public required string Source { get; init; }

    /// <summary>Images, one for each architecture and kind.</summary>
    public required IReadOnlyList<KernelImage> Images { get; init; }
}
