using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Bytes of an image after a check of size and hash, in the form that the driver needs: a cubin aligned to 8 bytes,
/// PTX with a zero byte behind it. Bytes that have this form in the mapped assembly are not copied; compressed ones are
/// inflated.</summary>
internal sealed unsafe class ImageBytes : IDisposable
{
    private const nuint Alignment = 8;

    // The bytes may be those of the resource, so it is kept until the end.
    private readonly Stream resource;
    private readonly int loadedLength;
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
            loadedLength = length + (image.Kind == ImageKind.Ptx && (length == 0 || Pointer[length - 1] != 0) ? 1 : 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Pointer to the first byte, valid until this is disposed.</summary>
    public byte* Pointer { get; }

    /// <summary>Opens an image and checks its size and hash.</summary>
    /// <param name="assembly">Assembly that carries the image.</param>
    /// <param name="image">The image as the manifest describes it.</param>
    /// <exception cref="KernelLoadException">The image is missing, or its size or hash differs from the
    /// manifest's.</exception>
    public static ImageBytes Open(Assembly assembly, KernelImage image) => new(
        assembly.GetManifestResourceStream(image.Resource)
            ?? throw LoadErrors.CorruptedImage(image, "the assembly has no resource of that name"),
        image);

    /// <summary>Copies the bytes, with the zero byte behind PTX.</summary>
    public byte[] ToArray() => new ReadOnlySpan<byte>(Pointer, loadedLength).ToArray();

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
        : throw LoadErrors.CorruptedImage(image, $"the manifest says that it has {image.Bytes} bytes");

    private static void Inflate(Stream resource, KernelImage image, Span<byte> bytes)
    {
        var length = checked((int)resource.Length);
        var stored = resource is UnmanagedMemoryStream mapped
            ? new ReadOnlySpan<byte>(mapped.PositionPointer, length)
            : Read(resource, length);
        if (!ImageCompression.TryDecompress(stored, bytes))
            throw LoadErrors.CorruptedImage(image, $"its {length} compressed bytes do not give the manifest's {image.Bytes}");
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
            throw LoadErrors.CorruptedImage(image, $"it has {bytes.Length} bytes, but the manifest says {image.Bytes}");

        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (!string.Equals(hash, image.Sha256, StringComparison.OrdinalIgnoreCase))
            throw LoadErrors.CorruptedImage(image, $"its SHA-256 is {hash}, but the manifest says {image.Sha256}");
    }
}
