using Fusion.Build.Contract;

namespace Fusion.Compiler.Nvrtc;

/// <summary>What the resolver sees of the machine; tests give it another one.</summary>
/// <param name="Variable">Value of an environment variable.</param>
/// <param name="Root">Where the file system starts for the usual folders: <c>/</c>.</param>
/// <param name="LoaderNames">The names to ask the loader for when nothing else was found.</param>
internal sealed record Machine(Func<string, string?> Variable, string Root, IReadOnlyList<string> LoaderNames)
{
    /// <summary>This machine.</summary>
    public static Machine This { get; } = new(Environment.GetEnvironmentVariable, "/", Interop.LibraryNames.Nvrtc);
}

/// <summary>Looks at the machine and remembers where it looked: as long as all of that is the same, so is the choice of
/// NVRTC.</summary>
internal sealed class TrackedMachine(Machine machine)
{
    private readonly Dictionary<string, FileStamp> stamps = new(StringComparer.Ordinal);

    /// <summary>Root of the usual folders.</summary>
    public string Root => machine.Root;

    /// <summary>Names to ask the loader for.</summary>
    public IReadOnlyList<string> LoaderNames => machine.LoaderNames;

    /// <summary>The paths, also those that held nothing.</summary>
    public IEnumerable<FileStamp> Stamps => stamps.Values;

    /// <summary>The environment variables; an unset one has the value "".</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Value of an environment variable; "" if it is not set.</summary>
    public string Variable(string name) => Variables[name] = machine.Variable(name) ?? "";

    /// <summary>Whether there is a file.</summary>
    public bool FileExists(string path)
    {
        Note(FileStamp.OfPresence(path));
        return File.Exists(path);
    }

    /// <summary>Whether there is a folder. Its content does not matter, so only its absence is remembered.</summary>
    public bool FolderExists(string path)
    {
        if (Directory.Exists(path)) return true;
        Note(FileStamp.OfPresence(path));
        return false;
    }

    /// <summary>The folders in a folder, by a pattern.</summary>
    public IReadOnlyList<string> Folders(string path, string pattern)
    {
        Note(FileStamp.OfNames(path));
        return Directory.Exists(path) ? Directory.GetDirectories(path, pattern) : [];
    }

    /// <summary>The content of a file, to be asked before the file is used.</summary>
    public FileStamp TrackContent(string path)
    {
        if (!stamps.TryGetValue(path, out var known) || !known.IsContent) known = stamps[path] = FileStamp.OfContent(path);
        return known;
    }

    /// <summary>Remembers the names in a folder.</summary>
    public void TrackNames(string path) => stamps[path] = FileStamp.OfNames(path);

    /// <summary>Remembers where a path leads.</summary>
    public void TrackTarget(string path) => stamps[path] = FileStamp.OfTarget(path);

    private void Note(FileStamp stamp) => stamps.TryAdd(stamp.Path, stamp);
}
