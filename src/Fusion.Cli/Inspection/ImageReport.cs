using System.Security.Cryptography;
using Fusion.Compiler.Images;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Inspection;

/// <summary>A source file, with its images.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="Source">The file.</param>
/// <param name="Images">Its images.</param>
internal sealed record ModuleReport(string Name, string Source, IReadOnlyList<ImageReport> Images);

/// <summary>An image, with its kernels.</summary>
/// <param name="Resource">Name of its resource.</param>
/// <param name="Kind">Machine code or PTX.</param>
/// <param name="Architecture">What it was compiled for.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="StoredBytes">Its size in the assembly, which is less where it is compressed.</param>
/// <param name="Sha256">Its hash.</param>
/// <param name="PtxVersion">Version of its PTX.</param>
/// <param name="Kernels">Its kernels.</param>
internal sealed record ImageReport(
    string Resource, ImageKind Kind, string Architecture, long Bytes, long StoredBytes, string Sha256, string PtxVersion,
    IReadOnlyList<KernelReport> Kernels)
{
    /// <summary>Looks at an image.</summary>
    /// <param name="image">As the manifest has it.</param>
    /// <param name="bytes">As the assembly has it; null if it has none.</param>
    /// <param name="problems">Gets what is wrong with it.</param>
    public static ImageReport Of(KernelImage image, byte[]? bytes, List<string> problems)
    {
        var stored = bytes?.Length ?? 0;
        if (bytes is not null && image.Encoding is not null) bytes = Inflated(image, bytes);
        var fault = Fault(image, bytes);
        if (fault is not null) problems.Add(fault);
        var code = fault is null && image.Kind == ImageKind.Cubin ? Code(bytes!) : [];
        return new(
            image.Resource, image.Kind, image.Architecture, image.Bytes, stored, image.Sha256, image.PtxVersion,
            [.. image.Kernels.Select(kernel => KernelReport.Of(kernel, code.GetValueOrDefault(kernel.Symbol)))]);
    }

    /// <summary>What a compressed image was; empty if it cannot be inflated.</summary>
    private static byte[] Inflated(KernelImage image, byte[] stored)
    {
        var inflated = new byte[Math.Clamp(image.Bytes, 0, Array.MaxLength)];
        return ImageCompression.TryDecompress(stored, inflated) ? inflated : [];
    }

    // An image that is whole and cannot be read is of a newer NVRTC: what the manifest says is shown, and no more.
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
