using System.Text.Json.Serialization;

namespace Fusion.Manifest;

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
