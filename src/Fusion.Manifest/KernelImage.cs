using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>Code for one architecture.</summary>
public sealed record KernelImage
{
    /// <summary>Name of the resource that holds it.</summary>
    public required string Resource { get; init; }

    /// <summary>Machine code or PTX.</summary>
    public required ImageKind Kind { get; init; }

    /// <summary>What it was compiled for: <c>sm_90a</c>, or <c>compute_80</c> for PTX.</summary>
    public required string Architecture { get; init; }

    /// <summary>Its size in bytes, as the driver gets it.</summary>
    public required long Bytes { get; init; }

    /// <summary>How it is stored in the assembly; null for as it is.</summary>
    public ImageEncoding? Encoding { get; init; }

    /// <summary>The size of the resource in bytes; null where the image is stored as it is.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Its SHA-256, as the driver gets it, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Version of the PTX language, <c>8.4</c>: a driver older than that refuses it. Of a cubin, the version
    /// that it was assembled from.</summary>
    public required string PtxVersion { get; init; }

    /// <summary>The kernels in it, ordered by name.</summary>
    public required IReadOnlyList<KernelEntry> Kernels { get; init; }
}

/// <summary>How an image is stored in its assembly.</summary>
public enum ImageEncoding
{
    /// <summary>Compressed by Brotli (RFC 7932).</summary>
    [JsonStringEnumMemberName("br")]
    Brotli,
}

/// <summary>What an image is.</summary>
public enum ImageKind
{
    /// <summary>Machine code for real GPUs.</summary>
    [JsonStringEnumMemberName("cubin")]
    Cubin,

    /// <summary>Portable assembly, which the driver compiles when it loads it.</summary>
    [JsonStringEnumMemberName("ptx")]
    Ptx,
}
