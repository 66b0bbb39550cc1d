using System.IO.Compression;

namespace Fusion.Manifest;

/// <summary>Compresses images for their assembly, and decompresses them.</summary>
internal static class ImageCompression
{
    // The best quality at almost no cost: 20 ms a megabyte for 19% of the built-in kernels' size, where 11 takes 1.5 s a
    // megabyte for 15%. Measured in bench/results/kernel-compression.md.
    private const int Quality = 5;
    private const int Window = 22;

    /// <summary>Compresses an image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>Compressed bytes; null if they would save less than an eighth.</returns>
    public static byte[]? Compress(ReadOnlySpan<byte> image)
    {
        var limit = image.Length - (image.Length / 8);
        var stored = new byte[limit];
        return BrotliEncoder.TryCompress(image, stored, out var length, Quality, Window) ? stored[..length] : null;
    }

    /// <summary>Decompresses an image.</summary>
    /// <param name="stored">Compressed bytes, from <see cref="Compress"/>.</param>
    /// <param name="image">Span that receives the image, of its exact length (<see cref="KernelImage.Bytes"/>).</param>
    /// <returns>Whether the bytes were a whole image of that length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> stored, Span<byte> image) =>
        BrotliDecoder.TryDecompress(stored, image, out var length) && length == image.Length;
}
