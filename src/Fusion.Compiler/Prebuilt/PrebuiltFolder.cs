using System.Text.Json;
using Fusion.Build.Contract;
using Fusion.Compiler.Output;
using Fusion.Manifest;

namespace Fusion.Compiler.Prebuilt;

/// <summary>A folder of images that were made elsewhere, with their manifest and what they were made of.</summary>
/// <param name="Path">Full path of the folder.</param>
/// <param name="Manifest">The manifest.</param>
/// <param name="Sources">What they were made of.</param>
internal sealed record PrebuiltFolder(string Path, KernelManifest Manifest, KernelSources Sources)
{
    /// <summary>Opens a folder.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="problem">Why it cannot be used; null if it can.</param>
    /// <returns>Null if it cannot be used.</returns>
    public static PrebuiltFolder? Open(string path, out Diagnostic? problem)
    {
        problem = null;
        try
        {
            byte[] Read(string file) => File.ReadAllBytes(System.IO.Path.Combine(path, file));
            var manifest = KernelManifest.FromJson(Read(ManifestWriter.FileName));
            var sources = JsonSerializer.Deserialize(Read(KernelSources.FileName), KernelSourcesJson.Default.KernelSources)
                ?? throw new JsonException($"{KernelSources.FileName} is empty.");
            return sources.Schema == KernelSources.CurrentSchema
                ? new PrebuiltFolder(path, manifest, sources)
                : throw new JsonException(
                    $"{KernelSources.FileName} has schema {sources.Schema}, and this SDK reads {KernelSources.CurrentSchema}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            problem = new Diagnostic(DiagnosticSeverity.Error, Codes.NoPrebuilt,
                $"FusionPrebuiltKernels is '{path}', but no prebuilt kernels can be read there: {e.Message} Expected a folder with "
                + $"{ManifestWriter.FileName}, {KernelSources.FileName} and the images, as 'dotnet build -t:FusionExportKernels "
                + "-p:FusionExportPath=FOLDER' writes it on a machine with NVRTC.");
            return null;
        }
    }
}
