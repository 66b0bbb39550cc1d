using Fusion.Interop;

namespace Fusion.CublasLt;

/// <summary>Where cuBLASLt may be, in order: what is named, by the caller or by <see cref="Variable"/>, and nothing else; or else
/// what the loader finds by name (which includes LD_LIBRARY_PATH and the distribution's), a toolkit, a Python environment.</summary>
internal sealed class CublasLtPlaces(Func<string, string?> variable, string root = "/")
{
    /// <summary>Environment variable that names the library or a folder that has it.</summary>
    public const string Variable = "FUSION_CUBLASLT_PATH";

    private static readonly string[] Libraries = ["lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib", "bin/x64", "bin"];

    private static readonly string[] PackageFolders = ["site-packages", "dist-packages"];
    private static readonly string[] Wheels = ["nvidia/cu13/lib", "nvidia/cublas/lib"];

    /// <summary>Gets the name under which the caller or the environment asks for a library; null if neither does.</summary>
    /// <param name="path">Path that the caller gave; null for none.</param>
    public string? Asked(string? path) => path ?? (variable(Variable) is { Length: > 0 } named ? named : null);

    /// <summary>Finds names and paths to try.</summary>
    /// <param name="path">Path that the caller gave; null for none.</param>
    /// <param name="driverMajor">Major version of CUDA that the driver supports: a library of a newer one cannot work and comes
    /// last.</param>
    public IEnumerable<string> Find(string? path, int driverMajor)
    {
        var names = LibraryNames.CublasLt.OrderBy(name => MajorOf(name) > driverMajor).ToArray();
        if (Asked(path) is { } asked) return Directory.Exists(asked) ? In(asked, names) : [asked];
        var folders = Toolkits().Concat(PythonFolders());
        // Name by name, so that a version that fits the driver is found before one that does not, wherever it is.
        return names.Concat(folders.Where(Directory.Exists).ToArray() is { } there
            ? names.SelectMany(name => there.Select(folder => Path.Combine(folder, name)).Where(File.Exists)) : []);
    }

    private static string[] In(string folder, string[] names)
    {
        var folders = Libraries.Select(part => Path.Combine(folder, part)).Prepend(folder);
        var files = folders.SelectMany(one => names.Select(name => Path.Combine(one, name))).Where(File.Exists).ToArray();
        // A path that is not there makes a message that names it.
        return files.Length > 0 ? files : [Path.Combine(folder, names[0])];
    }

    private static int MajorOf(string name) => name.Contains("13", StringComparison.Ordinal) ? 13 : 12;

    private IEnumerable<string> Toolkits() =>
        from root in new[] { variable("CUDA_PATH"), variable("CUDA_HOME"), Path.Combine(root, "usr/local/cuda") }
        where !string.IsNullOrEmpty(root)
        from part in Libraries
        select Path.Combine(root, part);

    private IEnumerable<string> PythonFolders() =>
        from environment in new[] { variable("VIRTUAL_ENV"), variable("CONDA_PREFIX"), Path.Combine(root, "usr/local"), Path.Combine(root, "usr") }
        where !string.IsNullOrEmpty(environment)
        let libraries = Path.Combine(environment, "lib")
        where Directory.Exists(libraries)
        from python in Directory.GetDirectories(libraries, "python3*").OrderDescending(StringComparer.Ordinal)
        from packages in PackageFolders
        from part in Wheels
        select Path.Combine(python, packages, part);
}
