using Fusion.Build.Contract;

namespace Fusion.Compiler.Nvrtc;

/// <summary>Looks at the machine and remembers where it looked: as long as all of that is the same, so is the choice of
/// NVRTC.</summary>
internal sealed class Consulted(Machine machine)
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
        Note(path);
        return File.Exists(path);
    }

    /// <summary>Whether there is a folder. Its content does not matter, so only its absence is remembered.</summary>
    public bool FolderExists(string path)
    {
        if (Directory.Exists(path)) return true;
        Note(path);
        return false;
    }

    /// <summary>The folders in a folder, by a pattern.</summary>
    public IReadOnlyList<string> Folders(string path, string pattern)
    {
        Note(path);
        return Directory.Exists(path) ? Directory.GetDirectories(path, pattern) : [];
    }

    /// <summary>Remembers a path.</summary>
    public void Note(string path) => stamps.TryAdd(path, FileStamp.Of(path));
}
