using System.Reflection;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The packages under test, and a package cache of their own.</summary>
internal static class PackedSdk
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Packages { get; } = Metadata("TestPackages");

    public static string Version { get; } = Metadata("FusionVersion");

    public static string PackageCache { get; } = Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Packages))!, "nuget");

    /// <summary>Folder of the NVRTC that the pack was made of.</summary>
    public static string Nvrtc { get; } = Path.Combine(PackageCache, "fusion.nvrtc.linux-x64", Version, "nvrtc");

    private static string Metadata(string key) => typeof(PackedSdk).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
