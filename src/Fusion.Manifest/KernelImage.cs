using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>An image of a module: its code for one architecture.</summary>
public sealed record KernelImage
{
    /// <summary>Name of the resource that holds the image.</summary>
    public required string Resource { get; init; }

    /// <summary>Kind of the image: machine code or PTX.</summary>
    public required ImageKind Kind { get; init; }

    /// <summary>Architecture of the image: <c>sm_90a</c>, or <c>compute_80</c> for PTX.</summary>
    public required string Architecture { get; init; }

    /// <summary>Size of the image in bytes, without compression.</summary>
    public required long Bytes { get; init; }

    /// <summary>Encoding of the image in the assembly; null if it is not compressed.</summary>
    public ImageEncoding? Encoding { get; init; }

    /// <summary>Size of the resource in bytes; null if the image is not compressed.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>SHA-256 of the image without compression, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Version of the PTX language, such as <c>8.4</c>, which the driver must accept; for a cubin, the version that
    /// it was assembled from.</summary>
    public required string PtxVersion { get; init; }

    /// <summary>Kernels of the image, ordered by name.</summary>
    public required IReadOnlyList<KernelEntry> Kernels { get; init; }

    /// <summary>Variables of the image that its source or headers declare at the scope of a namespace, ordered by name; empty in
    /// manifests of earlier versions.</summary>
    public IReadOnlyList<KernelVariable> Variables { get => field ?? []; init; }
}

/// <summary>Encoding of an image in its assembly.</summary>
public enum ImageEncoding
{
    /// <summary>Brotli compression (RFC 7932).</summary>
    [JsonStringEnumMemberName("br")]
    Brotli,
}

/// <summary>Kind of an image.</summary>
public enum ImageKind
{
    /// <summary>Machine code (a cubin) for real GPUs.</summary>
    [JsonStringEnumMemberName("cubin")]
    Cubin,

    /// <summary>PTX, a portable assembly language that the driver compiles when it loads the image.</summary>
    [JsonStringEnumMemberName("ptx")]
    Ptx,
}
