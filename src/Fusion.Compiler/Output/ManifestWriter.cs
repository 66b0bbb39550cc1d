using Fusion.Compiler.Jobs;
using Fusion.Manifest;

namespace Fusion.Compiler.Output;

/// <summary>Makes the manifest of finished jobs.</summary>
internal static class ManifestWriter
{
    /// <summary>Name of the manifest's file in the output folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The manifest. It depends on the kernels and NVRTC alone: no times, no folders of the machine.</summary>
    /// <param name="results">All jobs of the build, each with its record.</param>
    /// <param name="stored">How their images are stored.</param>
    /// <param name="nvrtc">NVRTC's version.</param>
    /// <param name="compiler">The SDK's version.</param>
    public static KernelManifest Create(
        IEnumerable<JobResult> results, StoredImages stored, Version nvrtc, string compiler) => new()
        {
            Schema = KernelManifest.CurrentSchema,
            Compiler = compiler,
            Nvrtc = nvrtc.ToString(),
            Modules = [.. results.GroupBy(r => r.Job.Kernel).Select(g => new KernelModule
        {
            Name = g.Key.Name,
            Source = SourceName(g.Key),
            Images = [.. g.SelectMany(r => r.Record!.Images).Select(i => stored.Of(i).Image)
                .OrderBy(i => GpuArchitecture.Parse(i.Architecture).Number)
                .ThenBy(i => GpuArchitecture.Parse(i.Architecture).Form)
                .ThenBy(i => i.Kind)],
        }).OrderBy(m => m.Name, StringComparer.Ordinal)],
        };

    // A source outside the project has a full path, which is the machine's and nobody else's concern.
    private static string SourceName(Kernel kernel) =>
        Path.IsPathRooted(kernel.ProgramName) ? Path.GetFileName(kernel.Source) : kernel.ProgramName;
}
