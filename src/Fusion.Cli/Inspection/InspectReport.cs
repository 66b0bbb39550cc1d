using System.Text.Json;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Inspection;

/// <summary>Report of the kernels of an assembly.</summary>
internal sealed record InspectReport
{
    /// <summary>Name of the assembly.</summary>
    public required string Assembly { get; init; }

    /// <summary>Version of Fusion.Sdk that compiled the kernels; null without kernels.</summary>
    public string? Compiler { get; init; }

    /// <summary>Version of NVRTC that compiled the kernels; null without kernels.</summary>
    public string? Nvrtc { get; init; }

    /// <summary>Modules of the assembly, with their images and kernels.</summary>
    public IReadOnlyList<ModuleReport> Modules { get; init; } = [];

    /// <summary>Problems of the assembly, each with its code.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Makes the report of an assembly's file.</summary>
    /// <exception cref="CommandLine.UsageException">The file is no assembly, or damaged.</exception>
    public static InspectReport Of(string path)
    {
        using var file = AssemblyFile.Open(path);
        return Of(file);
    }

    private static InspectReport Of(AssemblyFile file)
    {
        if (file.Resource(KernelManifest.ResourceName) is not { } json) return Without(file);
        try
        {
            var manifest = KernelManifest.FromJson(json);
            if (manifest.Modules.Count == 0) return Without(file);
            var problems = new List<string>();
            return new()
            {
                Assembly = file.Name,
                Compiler = manifest.Compiler,
                Nvrtc = manifest.Nvrtc,
                Modules =
                [
                    .. manifest.Modules.Select(module => new ModuleReport(module.Name, module.Source,
                        [.. module.Images.Select(image => ImageReport.Of(image, file.Resource(image.Resource), problems))])),
                ],
                Problems = problems,
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
}
