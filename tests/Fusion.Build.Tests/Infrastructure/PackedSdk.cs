using System.Reflection;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The packages under test, and a package cache of their own.</summary>
internal static class PackedSdk
{
    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Packages { get; } = Metadata("TestPackages");

    public static string Version { get; } = Metadata("FusionVersion");

    /// <summary>Where the repository is for the readers of a gallery.</summary>
    public static string ProjectUrl { get; } = Metadata("FusionProjectUrl");

    /// <summary>Folder of the .NET SDK's C# compiler.</summary>
    public static string CSharpCompiler { get; } = Metadata("CSharpCompiler");

    public static string PackageCache { get; } = Beside("nuget");

    /// <summary>Folder of the NVRTC that the pack carries, as a user's own NVRTC would lie somewhere.</summary>
    public static string Nvrtc { get; } = Beside("nvrtc");

    public static string PackagePath(string id) => Path.Combine(Packages, $"{id}.{Version}.nupkg");

    private static string Beside(string name) =>
        Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Packages))!, name);

    private static string Metadata(string key) => typeof(PackedSdk).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
