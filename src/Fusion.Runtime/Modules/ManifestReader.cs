using System.Reflection;
using System.Text.Json;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads the manifest in an assembly.</summary>
internal static class ManifestReader
{
    /// <exception cref="NoKernelsException">There is none.</exception>
    /// <exception cref="ManifestException">It cannot be read.</exception>
    public static KernelManifest Read(Assembly assembly) =>
        TryRead(assembly) is { Modules.Count: > 0 } manifest ? manifest : throw new NoKernelsException(assembly);

    /// <returns>Null if there is none.</returns>
    /// <exception cref="ManifestException">It cannot be read.</exception>
    public static KernelManifest? TryRead(Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(KernelManifest.ResourceName);
        if (stream is null) return null;
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        try
        {
            return KernelManifest.FromJson(json);
        }
        catch (JsonException e)
        {
            throw new ManifestException(assembly, e);
        }
    }
}
