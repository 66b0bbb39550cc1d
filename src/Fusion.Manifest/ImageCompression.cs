using System.IO.Compression;

namespace Fusion.Manifest;

/// <summary>Compresses images for their assembly, and inflates them again.</summary>
public static class ImageCompression
{
    // Of qualities 4 to 11, the last that costs next to nothing: 20 ms a megabyte and 19% of the built-in kernels' size, where
    // 11 takes 1.5 s a megabyte for 15%. bench/results/kernel-compression.md
    private const int Quality = 5;
    private const int Window = 22;

    /// <summary>Compresses an image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>Null if that would save less than an eighth.</returns>
    public static byte[]? Compress(ReadOnlySpan<byte> image)
    {
        var limit = image.Length - (image.Length / 8);
        var stored = new byte[limit];
        return BrotliEncoder.TryCompress(image, stored, out var length, Quality, Window) ? stored[..length] : null;
    }

    /// <summary>Inflates an image.</summary>
    /// <param name="stored">What <see cref="Compress"/> gave.</param>
    /// <param name="image">Gets the image: as long as it is (<see cref="KernelImage.Bytes"/>).</param>
    /// <returns>Whether it was a whole image of that length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> stored, Span<byte> image) =>
        BrotliDecoder.TryDecompress(stored, image, out var length) && length == image.Length;
}
