using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Prebuilt;

/// <summary>Names of headers that mean the same on another machine: by the folder that they are found in, which may lie anywhere,
/// and the path from there.</summary>
internal sealed class PortableNames
{
    private const string Own = "IncludePaths[";
    private const string Sdk = "SDK/";
    private const string Compat = "SDK-compat/";
    private readonly List<(string Prefix, string Folder)> roots;

    /// <param name="kernel">The kernel, whose own folders of headers come first.</param>
    /// <param name="fusionIncludePath">Folder of the SDK's own headers; empty if there is none.</param>
    public PortableNames(Kernel kernel, string fusionIncludePath)
    {
        roots = [.. kernel.IncludePaths.Select((folder, i) => (string.Create(CultureInfo.InvariantCulture, $"{Own}{i}]/"), folder))];
        if (fusionIncludePath.Length > 0) roots.Add((Sdk, Path.TrimEndingDirectorySeparator(fusionIncludePath)));
        roots.AddRange(CompatHeaders.Beside(fusionIncludePath).Select(folder => (Compat, folder)));
        roots.Add(("", kernel.ProjectDirectory));
    }

    /// <summary>The portable name of a path. Outside of all folders it is relative to the project.</summary>
    public string Of(string path)
    {
        var (prefix, folder) = roots.FirstOrDefault(
            root => path.StartsWith(root.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal), roots[^1]);
        var isInside = path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        var name = isInside ? path[(folder.Length + 1)..] : Path.GetRelativePath(folder, path);
        return prefix + name.Replace(Path.DirectorySeparatorChar, '/');
    }

    /// <summary>The path that a name means here; null if it is of a folder that this project does not have.</summary>
    public string? PathOf(string name)
    {
        var (prefix, folder) = roots.FirstOrDefault(root => name.StartsWith(root.Prefix, StringComparison.Ordinal));
        var isOfAnother = name.StartsWith(Own, StringComparison.Ordinal) || name.StartsWith(Sdk, StringComparison.Ordinal)
            || name.StartsWith(Compat, StringComparison.Ordinal);
        return prefix.Length == 0 && isOfAnother ? null : PhysicalPath.Full(name[prefix.Length..], folder);
    }
}
