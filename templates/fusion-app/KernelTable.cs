using Fusion.Manifest;

namespace FusionTemplate;

/// <summary>Prints which GPU kernels an assembly carries.</summary>
internal static class KernelTable
{
    private static readonly string[] Titles = ["kernel", "architecture", "kind", "bytes", "registers", "shared memory", "parameters"];

    public static void Print(KernelManifest manifest, TextWriter output)
    {
        List<string[]> rows = [Titles];
        foreach (var image in manifest.Modules.SelectMany(module => module.Images))
        {
            foreach (var kernel in image.Kernels)
            {
                // PTX is compiled by the driver, which decides on registers.
                rows.Add([
                    kernel.Name, image.Architecture, image.Kind.ToString().ToLowerInvariant(), $"{image.Bytes}",
                    $"{kernel.Registers}", $"{kernel.SharedBytes}",
                    string.Join(", ", kernel.Parameters.Select(p => $"{p.Type} {p.Name} ({p.Size})"))]);
            }
        }

        var widths = Titles.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
        output.WriteLine($"Compiled by Fusion.Sdk {manifest.Compiler} with NVRTC {manifest.Nvrtc}.");
    }
}
