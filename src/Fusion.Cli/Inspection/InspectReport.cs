using System.Security.Cryptography;
using System.Text.Json;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Inspection;

/// <summary>The kernels in an assembly.</summary>
internal sealed record InspectReport
{
    /// <summary>The assembly's name.</summary>
    public required string Assembly { get; init; }

    /// <summary>Version of Fusion.Sdk that compiled the kernels; null without kernels.</summary>
    public string? Compiler { get; init; }

    /// <summary>Version of NVRTC that did; null without kernels.</summary>
    public string? Nvrtc { get; init; }

    /// <summary>The source files, with their images and kernels.</summary>
    public IReadOnlyList<KernelModule> Modules { get; init; } = [];

    /// <summary>What is wrong, each with its code.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Looks into a file.</summary>
    public static InspectReport Of(AssemblyFile file)
    {
        if (file.Resource(KernelManifest.ResourceName) is not { } json) return Without(file);
        try
        {
            var manifest = KernelManifest.FromJson(json);
            return manifest.Modules.Count == 0 ? Without(file) : new()
            {
                Assembly = file.Name,
                Compiler = manifest.Compiler,
                Nvrtc = manifest.Nvrtc,
                Modules = manifest.Modules,
                Problems = [.. manifest.Modules.SelectMany(m => m.Images).Select(i => Check(file, i)).OfType<string>()],
            };
        }
        catch (JsonException e)
        {
            return new()
            {
                Assembly = file.Name,
                Problems =
                [
                    $"{ErrorCodes.Manifest}: The kernel manifest cannot be read: {e.Message} Use a fusion of the version that " +
                    "built the assembly, or build it again.",
                ],
            };
        }
    }

    private static InspectReport Without(AssemblyFile file) => new()
    {
        Assembly = file.Name,
        Problems =
        [
            $"{ErrorCodes.NoKernels}: The assembly carries no GPU kernels. Build its project with the SDK Fusion.Sdk and a .cu " +
            "file in it, or name the assembly that has the kernels.",
        ],
    };

    private static string? Check(AssemblyFile file, KernelImage image)
    {
        var bytes = file.Resource(image.Resource);
        var isWhole = bytes is not null && bytes.Length == image.Bytes &&
            string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), image.Sha256, StringComparison.OrdinalIgnoreCase);
        if (isWhole) return null;
        var how = bytes is null ? "is missing"
            : bytes.Length != image.Bytes ? $"has {bytes.Length} bytes, but the manifest says {image.Bytes}"
            : "has another SHA-256 than the manifest says";
        return $"{ErrorCodes.CorruptedImage}: The image '{image.Resource}' {how}. Clean and build the project again.";
    }
}
