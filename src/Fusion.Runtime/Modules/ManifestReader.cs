using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Reads the kernel manifest of an assembly.</summary>
internal static class ManifestReader
{
    // Reading takes milliseconds, and each GPU loads the same kernels. An assembly that is unloaded takes its manifest along.
    private static readonly ConditionalWeakTable<Assembly, KernelManifest> Known = [];

    /// <exception cref="KernelLoadException">The assembly has no manifest.</exception>
    /// <exception cref="KernelLoadException">The manifest cannot be read.</exception>
    public static KernelManifest Read(Assembly assembly) =>
        TryRead(assembly) is { Modules.Count: > 0 } manifest ? manifest : throw LoadErrors.NoKernels(assembly);

    /// <returns>The manifest; null if the assembly has none.</returns>
    /// <exception cref="KernelLoadException">The manifest cannot be read.</exception>
    public static KernelManifest? TryRead(Assembly assembly)
    {
        if (Known.TryGetValue(assembly, out var known)) return known;
        using var stream = assembly.GetManifestResourceStream(KernelManifest.ResourceName);
        if (stream is null) return null;
        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        try
        {
            return Known.GetOrAdd(assembly, KernelManifest.FromJson(json));
        }
        catch (JsonException e)
        {
            throw LoadErrors.Manifest(assembly, e);
        }
    }
}
