using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The bytes of an image, checked, as the driver wants them: a cubin aligned as its 64-bit fields need, PTX with a zero
/// byte behind it. Where they lie like that in the mapped assembly, they are not copied; what is stored compressed is
/// inflated.</summary>
internal sealed unsafe class ImageBytes : IDisposable
{
    private const nuint Alignment = 8;

    // Disposed last: the bytes may be its own.
    private readonly Stream resource;
    private void* copy;

    private ImageBytes(Stream resource, KernelImage image)
    {
        this.resource = resource;
        try
        {
            var length = image.Encoding is null ? checked((int)resource.Length) : InflatedLength(image);
            Pointer = image.Encoding is null ? Find(resource, length, image.Kind) : null;
            if (Pointer is null)
            {
                copy = NativeMemory.AlignedAlloc((nuint)length + 1, Alignment);
                Pointer = (byte*)copy;
                Pointer[length] = 0;
                var bytes = new Span<byte>(Pointer, length);
                if (image.Encoding is null) resource.ReadExactly(bytes);
                else Inflate(resource, image, bytes);
            }

            Verify(new(Pointer, length), image);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The first byte. Good until this is disposed.</summary>
    public byte* Pointer { get; }

    /// <summary>Opens an image and checks its size and hash.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="CorruptedImageException">It is missing, or not the one that the manifest tells of.</exception>
    public static ImageBytes Open(Assembly assembly, KernelImage image) => new(
        assembly.GetManifestResourceStream(image.Resource)
            ?? throw new CorruptedImageException(image, "the assembly has no resource of that name"),
        image);

    /// <summary>Frees the copy, if there is one.</summary>
    public void Dispose()
    {
        resource.Dispose();
        NativeMemory.AlignedFree(copy);
        copy = null;
    }

    private static byte* Find(Stream resource, int length, ImageKind kind)
    {
        if (resource is not UnmanagedMemoryStream mapped) return null;
        var start = mapped.PositionPointer;
        var isReady = kind == ImageKind.Cubin ? (nuint)start % Alignment == 0 : length > 0 && start[length - 1] == 0;
        return isReady ? start : null;
    }

    private static int InflatedLength(KernelImage image) => image.Bytes is >= 0 and < int.MaxValue
        ? (int)image.Bytes
        : throw new CorruptedImageException(image, $"the manifest says that it has {image.Bytes} bytes");

    private static void Inflate(Stream resource, KernelImage image, Span<byte> bytes)
    {
        var length = checked((int)resource.Length);
        var stored = resource is UnmanagedMemoryStream mapped
            ? new ReadOnlySpan<byte>(mapped.PositionPointer, length)
            : Read(resource, length);
        if (!ImageCompression.TryDecompress(stored, bytes))
            throw new CorruptedImageException(image, $"its {length} compressed bytes do not give the manifest's {image.Bytes}");
    }

    private static byte[] Read(Stream resource, int length)
    {
        var bytes = new byte[length];
        resource.ReadExactly(bytes);
        return bytes;
    }

    private static void Verify(ReadOnlySpan<byte> bytes, KernelImage image)
    {
        if (bytes.Length != image.Bytes)
            throw new CorruptedImageException(image, $"it has {bytes.Length} bytes, but the manifest says {image.Bytes}");

        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (!string.Equals(hash, image.Sha256, StringComparison.OrdinalIgnoreCase))
            throw new CorruptedImageException(image, $"its SHA-256 is {hash}, but the manifest says {image.Sha256}");
    }
}
