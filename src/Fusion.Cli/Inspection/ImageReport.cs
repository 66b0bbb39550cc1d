using System.Security.Cryptography;
using Fusion.Compiler.Images;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Inspection;

/// <summary>Report of a module: a source file with its images.</summary>
/// <param name="Name">Name of the module.</param>
/// <param name="Source">Path of the source file in the project.</param>
/// <param name="Images">Images of the module.</param>
internal sealed record ModuleReport(string Name, string Source, IReadOnlyList<ImageReport> Images);

/// <summary>Report of an image with its kernels.</summary>
/// <param name="Resource">Name of the image's resource.</param>
/// <param name="Kind">Kind of the image: machine code or PTX.</param>
/// <param name="Architecture">Architecture of the image.</param>
/// <param name="Bytes">Size of the image in bytes.</param>
/// <param name="StoredBytes">Size of the image in the assembly in bytes, which is smaller if it is compressed.</param>
/// <param name="Sha256">SHA-256 of the image.</param>
/// <param name="PtxVersion">Version of the image's PTX.</param>
/// <param name="Kernels">Kernels of the image.</param>
/// <param name="Variables">Variables of the image.</param>
internal sealed record ImageReport(
    string Resource, ImageKind Kind, string Architecture, long Bytes, long StoredBytes, string Sha256, string PtxVersion,
    IReadOnlyList<KernelReport> Kernels, IReadOnlyList<KernelVariable> Variables)
{
    /// <summary>Makes the report of an image.</summary>
    /// <param name="image">Image in the manifest.</param>
    /// <param name="bytes">Bytes of the image's resource in the assembly; null if there is none.</param>
    /// <param name="problems">List to which problems of the image are added.</param>
    public static ImageReport Of(KernelImage image, byte[]? bytes, List<string> problems)
    {
        var stored = bytes?.Length ?? 0;
        if (bytes is not null && image.Encoding is not null) bytes = Inflated(image, bytes);
        var fault = Fault(image, bytes);
        if (fault is not null) problems.Add(fault);
        var code = fault is null && image.Kind == ImageKind.Cubin ? Code(bytes!) : [];
        return new(
            image.Resource, image.Kind, image.Architecture, image.Bytes, stored, image.Sha256, image.PtxVersion,
            [.. image.Kernels.Select(kernel => KernelReport.Of(kernel, code.GetValueOrDefault(kernel.Symbol)))], image.Variables);
    }

    /// <summary>Decompresses an image; empty if it cannot be decompressed.</summary>
    private static byte[] Inflated(KernelImage image, byte[] stored)
    {
        var inflated = new byte[Math.Clamp(image.Bytes, 0, Array.MaxLength)];
        return ImageCompression.TryDecompress(stored, inflated) ? inflated : [];
    }

    // An intact image that cannot be read is of a newer NVRTC: only what the manifest says is shown.
    private static Dictionary<string, MachineCode?> Code(byte[] cubin)
    {
        try
        {
            return CubinReader.Read(cubin).ToDictionary(kernel => kernel.Symbol, kernel => kernel.Code);
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static string? Fault(KernelImage image, byte[]? bytes)
    {
        var isWhole = bytes is not null && bytes.Length == image.Bytes &&
            string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), image.Sha256, StringComparison.OrdinalIgnoreCase);
        if (isWhole) return null;
        var how = bytes is null ? "is missing"
            : bytes.Length == 0 && image.Encoding is not null ? "cannot be inflated"
            : bytes.Length != image.Bytes ? $"has {bytes.Length} bytes, but the manifest says {image.Bytes}"
            : "has another SHA-256 than the manifest says";
        return $"{ErrorCodes.CorruptedImage}: The image '{image.Resource}' {how}. Clean and build the project again.";
    }
}
