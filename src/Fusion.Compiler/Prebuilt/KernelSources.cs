using System.Text.Json.Serialization;

namespace Fusion.Compiler.Prebuilt;

/// <summary>What the images of a folder were made of, without a path or a setting of the machine: the file
/// <see cref="FileName"/> beside the manifest. Images made elsewhere can be taken where all of it is the same.</summary>
internal sealed record KernelSources
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "sources.json";

    /// <summary>The format's version.</summary>
    public const int CurrentSchema = 2;

    /// <summary>The format's version.</summary>
    public required int Schema { get; init; }

    /// <summary>The kernels, by name.</summary>
    public required IReadOnlyList<KernelSource> Kernels { get; init; }
}

/// <summary>What a kernel's images were made of.</summary>
internal sealed record KernelSource
{
    /// <summary>Name of the module: <c>kernels/rms_norm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Hash of the source.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Architectures as the project named them.</summary>
    public required string Architectures { get; init; }

    /// <summary>NVRTC's options, but for folders and architecture.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Instantiations of templates.</summary>
    public required IReadOnlyList<string> NameExpressions { get; init; }

    /// <summary>The headers, by their names that hold on every machine (<see cref="PortableNames"/>). NVRTC's own are its
    /// version's, and not among them.</summary>
    public required IReadOnlyList<HeaderSource> Headers { get; init; }

    /// <summary>The images that were made of all that, so that no others can stand beside this file.</summary>
    public required IReadOnlyList<MadeImage> Images { get; init; }
}

/// <summary>An image.</summary>
/// <param name="Architecture">What it is for: <c>sm_90a</c>, <c>compute_80</c>.</param>
/// <param name="Sha256">Hash of its content.</param>
internal sealed record MadeImage(string Architecture, string Sha256);

/// <summary>A header that a kernel includes.</summary>
/// <param name="Name">Its portable name.</param>
/// <param name="Sha256">Hash of its content.</param>
internal sealed record HeaderSource(string Name, string Sha256);

[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true)]
[JsonSerializable(typeof(KernelSources))]
internal sealed partial class KernelSourcesJson : JsonSerializerContext;
