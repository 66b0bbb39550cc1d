namespace Fusion.Build.Contract;

/// <summary>The folders of headers that a kernel itself names: one list for the compiler, for launchers and for editors.</summary>
public static class IncludeFolders
{
    private static readonly string[] Options = ["--include-path", "-I"];

    /// <summary>The folders of a kernel, full and in the order in which they are searched.</summary>
    /// <param name="includePaths">The metadata <c>IncludePaths</c>.</param>
    /// <param name="additionalOptions">The metadata <c>AdditionalOptions</c>, in which <c>-I</c> names folders too.</param>
    /// <param name="projectDirectory">Full path of the folder where relative paths start.</param>
    public static IReadOnlyList<string> Of(string includePaths, string additionalOptions, string projectDirectory) =>
        [.. OfPaths(includePaths, projectDirectory), .. OfOptions([.. Parts(additionalOptions)], projectDirectory)];

    /// <summary>The folders of a list.</summary>
    /// <param name="includePaths">The folders, separated by semicolons.</param>
    /// <param name="projectDirectory">Full path of the folder where relative paths start.</param>
    public static IReadOnlyList<string> OfPaths(string includePaths, string projectDirectory) =>
        [.. Parts(includePaths).Select(folder => WithoutEnd(Path.GetFullPath(Path.Combine(projectDirectory, folder))))];

    /// <summary>The folders that options of NVRTC name, with each <c>..</c> where it is.</summary>
    /// <param name="options">The options.</param>
    /// <param name="projectDirectory">Full path of the folder where relative paths start.</param>
    public static IReadOnlyList<string> OfOptions(IReadOnlyList<string> options, string projectDirectory)
    {
        var folders = new List<string>();
        for (var i = 0; i < options.Count; i++)
        {
            var option = options[i];
            var name = Options.FirstOrDefault(name => option.StartsWith(name, StringComparison.Ordinal));
            if (name is null) continue;
            var value = option.Substring(name.Length).TrimStart('=', ' ');
            if (value.Length == 0 && i + 1 < options.Count) value = options[++i];
            if (value.Length > 0) folders.Add(PhysicalPath.Full(value, projectDirectory));
        }

        return folders;
    }

    private static IEnumerable<string> Parts(string list) =>
        list.Split([';'], StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim()).Where(part => part.Length > 0);

    // The root keeps its separator.
    private static string WithoutEnd(string path) =>
        path.Length > Path.GetPathRoot(path).Length ? path.TrimEnd(Path.DirectorySeparatorChar) : path;
}
