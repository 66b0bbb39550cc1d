using System.Reflection;
using System.Text.Json;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads the kernel manifest of an assembly.</summary>
internal static class ManifestReader
{
    /// <exception cref="NoKernelsException">The assembly has no manifest.</exception>
    /// <exception cref="ManifestException">The manifest cannot be read.</exception>
    public static KernelManifest Read(Assembly assembly) =>
        TryRead(assembly) is { Modules.Count: > 0 } manifest ? manifest : throw new NoKernelsException(assembly);

    /// <returns>The manifest; null if the assembly has none.</returns>
    /// <exception cref="ManifestException">The manifest cannot be read.</exception>
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
