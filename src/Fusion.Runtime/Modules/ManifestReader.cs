using System.Reflection;
using System.Text.Json;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads the kernel manifest of an assembly.</summary>
internal static class ManifestReader
{
    /// <exception cref="KernelLoadException">The assembly has no manifest.</exception>
    /// <exception cref="KernelLoadException">The manifest cannot be read.</exception>
    public static KernelManifest Read(Assembly assembly) =>
        TryRead(assembly) is { Modules.Count: > 0 } manifest ? manifest : throw LoadErrors.NoKernels(assembly);

    /// <returns>The manifest; null if the assembly has none.</returns>
    /// <exception cref="KernelLoadException">The manifest cannot be read.</exception>
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
            throw LoadErrors.Manifest(assembly, e);
        }
    }
}
