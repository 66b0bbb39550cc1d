using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Fusion.Interop;

namespace Fusion.Compiler.Nvrtc;

/// <summary>Finds NVRTC's library files below a folder.</summary>
internal static partial class NvrtcFolders
{
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>What a toolkit calls the machines that this process runs on: servers, and small devices.</summary>
    public static readonly string[] Targets = IsArm ? ["sbsa-linux", "aarch64-linux"] : ["x86_64-linux"];

    /// <summary>What a distribution calls them.</summary>
    public static readonly string[] Triplets = IsArm ? ["aarch64-linux-gnu"] : ["x86_64-linux-gnu"];

    /// <summary>Where a toolkit, a pack or a wheel may have its libraries.</summary>
    public static readonly string[] LibraryFolders = [".", "lib64", "lib", .. Targets.Select(target => $"targets/{target}/lib"), .. Triplets.Select(triplet => $"lib/{triplet}"), "bin", "bin/x64", "bin/x86_64"];

    /// <summary>The libraries in a toolkit's root, or in a folder of libraries.</summary>
    public static IEnumerable<NvrtcCandidate> In(TrackedMachine machine, string origin, string root) =>
        from folder in LibraryFolders
        let path = Path.GetFullPath(Path.Combine(root, folder))
        where machine.FolderExists(path)
        from name in LibraryNames.Nvrtc
        let file = Path.Combine(path, name)
        where machine.FileExists(file)
        select new NvrtcCandidate(origin, file);

    /// <summary>Says of a folder in which no NVRTC was found what it lacks.</summary>
    public static string DescribeEmpty(string root) => Directory.Exists(root)
        ? $"That folder has no {string.Join(" or ", LibraryNames.Nvrtc)}, neither itself nor in {string.Join(", ", LibraryFolders.Skip(1))}."
        : "There is no such file or folder.";

    /// <summary>Folders ordered by the version in their names, the newest first.</summary>
    public static IEnumerable<string> NewestFirst(IEnumerable<string> folders) =>
        folders.OrderByDescending(f => VersionIn(Path.GetFileName(f))).ThenBy(f => f, StringComparer.Ordinal);

    /// <summary>The path without links on the way, so that one library under two names is one.</summary>
    public static string RealPath(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (string.IsNullOrEmpty(parent)) return path;
        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target && target.FullName != path
            ? RealPath(target.FullName)
            : Path.Combine(RealPath(parent), Path.GetFileName(path));
    }

    private static Version VersionIn(string name)
    {
        var match = VersionPattern().Match(name);
        return match.Success
            ? new Version(Number(match.Groups[1]), match.Groups[2].Success ? Number(match.Groups[2]) : 0)
            : new Version(0, 0);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d{1,4})(?:\.(\d{1,4}))?")]
    private static partial Regex VersionPattern();
}
