using System.Runtime.InteropServices;

namespace Fusion.Compiler.CommandLine;

/// <summary>Parts of the SDK that no project names, when fusionc is called by hand.</summary>
internal static class SdkFiles
{
    private static readonly string NvrtcPackage = $"fusion.nvrtc.linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    // In the SDK's package fusionc is in tools/fusionc; a bundle has the headers beside it.
    private static readonly string[] HeaderFolders = ["../../Sdk/kernels/cu", "kernels/cu"];

    /// <summary>The folder that holds <c>fusion/…</c> headers; empty if there is none.</summary>
    public static string FindHeaders() => HeaderFolders.Select(Beside).FirstOrDefault(Directory.Exists) ?? "";

    /// <summary>The libraries of the newest NVRTC package in the folder of packages that fusionc itself is in, or else in the user's;
    /// empty if it was never restored.</summary>
    public static string FindNvrtcPack()
    {
        if (!OperatingSystem.IsLinux()) return "";
        var user = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return new[] { Beside("../../../.."), user }.Select(packages => Path.Combine(packages, NvrtcPackage)).Where(Directory.Exists)
            .SelectMany(package => Directory.GetDirectories(package).OrderByDescending(VersionOf))
            .Select(version => Path.Combine(version, "nvrtc"))
            .FirstOrDefault(Directory.Exists, "");
    }

    private static string Beside(string path) => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, path));

    private static Version VersionOf(string folder) =>
        Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new Version(0, 0);
}
