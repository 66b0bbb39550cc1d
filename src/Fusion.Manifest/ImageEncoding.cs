using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>How an image is stored in its assembly.</summary>
public enum ImageEncoding
{
    /// <summary>Compressed by Brotli (RFC 7932).</summary>
    [JsonStringEnumMemberName("br")]
    Brotli,
}
