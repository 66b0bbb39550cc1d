using System.Reflection;
using System.Text.Json;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads the manifest in an assembly.</summary>
internal static class ManifestReader
{
    /// <exception cref="NoKernelsException">There is none.</exception>
    /// <exception cref="ManifestException">It cannot be read.</exception>
    public static KernelManifest Read(Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(KernelManifest.ResourceName)
            ?? throw new NoKernelsException(assembly);
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        KernelManifest manifest;
        try
        {
            manifest = KernelManifest.FromJson(json);
        }
        catch (JsonException e)
        {
            throw new ManifestException(assembly, e);
        }

        return manifest.Modules.Count > 0 ? manifest : throw new NoKernelsException(assembly);
    }
}
