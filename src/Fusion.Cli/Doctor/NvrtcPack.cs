namespace Fusion.Cli.Doctor;

/// <summary>The package with NVRTC, where NuGet keeps it.</summary>
internal static class NvrtcPack
{
    private const string Package = "fusion.nvrtc.linux-x64";

    /// <summary>Its folder of libraries, of the newest version; empty if it was never restored.</summary>
    public static string Find()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var folder = Path.Combine(packages, Package);
        if (!OperatingSystem.IsLinux() || !Directory.Exists(folder)) return "";
        return Directory.GetDirectories(folder)
            .Select(version => (Version: VersionOf(version), Libraries: Path.Combine(version, "nvrtc")))
            .Where(pack => Directory.Exists(pack.Libraries))
            .OrderByDescending(pack => pack.Version)
            .Select(pack => pack.Libraries)
            .FirstOrDefault("");
    }

    private static Version VersionOf(string folder) =>
        Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new Version(0, 0);
}
