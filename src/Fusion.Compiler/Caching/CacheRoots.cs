using System.Globalization;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Caching;

/// <summary>The folders that a compilation starts from: the project's, and those outside it that hold the source or headers.
/// A path is remembered as its place below them, <c>1:fusion/base/vector.cuh</c>, so that another clone's own file is meant.
/// </summary>
internal sealed class CacheRoots
{
    private const string Elsewhere = "=";
    private readonly string[] folders;

    /// <summary>Creates them.</summary>
    /// <param name="project">Full path of the project's folder.</param>
    /// <param name="others">Full paths of the source's folder and of the folders of headers, in order.</param>
    public CacheRoots(string project, IEnumerable<string> others)
    {
        string[] first = [project];
        folders = [.. first.Concat(others.Where(folder => Below(project, folder) is null)).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The folders.</summary>
    public IReadOnlyList<string> Folders => folders;

    /// <summary>Every place of a path, one for each folder that it is below: all of them must hold the same again, since nobody
    /// knows by which one it was found.</summary>
    /// <returns>The path itself if it is below no folder.</returns>
    public IReadOnlyList<string> Places(string path)
    {
        string[] places =
            [.. folders.Select((folder, i) => Below(folder, path) is { } rest ? $"{i}:{rest}" : null).OfType<string>()];
        return places.Length > 0 ? places : [Elsewhere + path];
    }

    /// <summary>The full path of a place.</summary>
    public string Path(string place)
    {
        if (place.StartsWith(Elsewhere, StringComparison.Ordinal)) return place[Elsewhere.Length..];
        var colon = place.IndexOf(':', StringComparison.Ordinal);
        var folder = folders[int.Parse(place.AsSpan(0, colon), CultureInfo.InvariantCulture)];
        return PhysicalPath.Full(place[(colon + 1)..], folder);
    }

    /// <summary>Whether a path is below one of the folders.</summary>
    public bool Has(string path) => folders.Any(folder => Below(folder, path) is not null);

    /// <summary>Whether a path is in the project's folder.</summary>
    public bool IsInProject(string path) => Below(folders[0], path) is not null;

    /// <summary>Replaces these folders in a text of NVRTC by marks.</summary>
    public string Mark(string text) => Replace(text, (t, i) => t.Replace(folders[i] + "/", MarkOf(i), StringComparison.Ordinal));

    /// <summary>Puts these folders where <see cref="Mark"/> put marks.</summary>
    public string Unmark(string text) =>
        Replace(text, (t, i) => t.Replace(MarkOf(i), folders[i] + "/", StringComparison.Ordinal));

    /// <summary>Whether a path is in the same one of these folders as where its search started.</summary>
    /// <param name="start">The folder where a name was looked for.</param>
    /// <param name="path">The full path that it gave.</param>
    public bool Keeps(string start, string path)
    {
        var root = folders.Where(folder => Below(folder, start) is not null).MaxBy(folder => folder.Length);
        return root is not null && Below(root, path) is not null;
    }

    private static string MarkOf(int folder) => $"\u0001{folder}\u0002";

    // The longest first, since one folder may be in another.
    private string Replace(string text, Func<string, int, string> replace) =>
        Enumerable.Range(0, folders.Length).OrderByDescending(i => folders[i].Length).Aggregate(text, replace);

    private static string? Below(string folder, string path)
    {
        if (path == folder) return "";
        var separator = System.IO.Path.DirectorySeparatorChar;
        var start = folder.EndsWith(separator) ? folder : folder + separator;
        if (!path.StartsWith(start, StringComparison.Ordinal)) return null;
        var parts = path[start.Length..].Split(separator);
        // A path that goes above the folder, and be it for a moment, depends on where the folder lies.
        var depth = 0;
        return parts.All(part => (depth += part == ".." ? -1 : 1) >= 0) ? string.Join('/', parts) : null;
    }
}
