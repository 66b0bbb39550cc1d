namespace Fusion.Compiler.Nvrtc;

/// <summary>NVRTC in the Python packages of the active environment: many machines have CUDA in no other form.</summary>
internal static class PythonWheels
{
    private static readonly string[] LibraryFolders = ["lib", "lib64", "local/lib"];
    private static readonly string[] PackageFolders = ["site-packages", "dist-packages"];

    /// <summary>The libraries, environment by environment.</summary>
    public static IEnumerable<NvrtcCandidate> Find(Consulted consulted)
    {
        foreach (var (origin, prefix) in Environments(consulted))
        {
            foreach (var site in SiteFolders(consulted, prefix))
            {
                var nvidia = Path.Combine(site, "nvidia");
                if (!consulted.FolderExists(nvidia)) continue;
                var packages = NvrtcFolders.NewestFirst(consulted.Folders(nvidia, "cu1*")).Append(Path.Combine(nvidia, "cuda_nvrtc"));
                foreach (var candidate in packages.SelectMany(p => NvrtcFolders.In(consulted, origin, p))) yield return candidate;
            }

            // Conda's own packages put the library into the environment itself.
            foreach (var candidate in NvrtcFolders.In(consulted, origin, prefix)) yield return candidate;
        }
    }

    private static IEnumerable<(string Origin, string Prefix)> Environments(Consulted consulted)
    {
        var active = false;
        foreach (var name in new[] { "VIRTUAL_ENV", "CONDA_PREFIX" })
        {
            // One that was deleted hides no other.
            if (consulted.Variable(name) is not { Length: > 0 } prefix || !consulted.FolderExists(prefix)) continue;
            active = true;
            foreach (var one in WithBase(consulted, prefix)) yield return ($"Python environment {name}", one);
        }

        if (active) yield break;
        var path = consulted.Variable("PATH").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] names = OperatingSystem.IsWindows() ? ["python.exe"] : ["python3", "python"];
        foreach (var folder in path)
        {
            if (names.Select(n => Path.Combine(folder, n)).FirstOrDefault(consulted.FileExists) is not { } python) continue;
            var origin = $"packages of {python}";
            foreach (var one in PrefixesOf(consulted, python)) yield return (origin, one);
            // Packages that a user installed without an environment.
            if (consulted.Variable("HOME") is { Length: > 0 } home) yield return (origin, Path.Combine(home, ".local"));
            yield break;
        }
    }

    private static IEnumerable<string> PrefixesOf(Consulted consulted, string python)
    {
        // An environment's python is a link to another's, so the link is looked at before it is followed.
        var unresolved = Prefix(python);
        if (consulted.FileExists(Path.Combine(unresolved, "pyvenv.cfg"))) return WithBase(consulted, unresolved);
        consulted.Target(python);
        return new[] { Prefix(NvrtcFolders.RealPath(python)), unresolved }.Distinct();
    }

    private static string Prefix(string python)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(python))!;
        return OperatingSystem.IsWindows() && Path.GetFileName(folder) != "Scripts" ? folder : Path.GetDirectoryName(folder) ?? folder;
    }

    private static IEnumerable<string> WithBase(Consulted consulted, string prefix)
    {
        yield return prefix;
        var configuration = Path.Combine(prefix, "pyvenv.cfg");
        if (!consulted.FileExists(configuration)) yield break;
        consulted.Content(configuration);
        var settings = File.ReadLines(configuration).Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var seesBase = settings["include-system-site-packages"].Any(v => v.Equals("true", StringComparison.OrdinalIgnoreCase));
        if (seesBase && settings["home"].FirstOrDefault() is { Length: > 0 } home)
            yield return OperatingSystem.IsWindows() ? home : Path.GetDirectoryName(home) ?? home;
    }

    private static IEnumerable<string> SiteFolders(Consulted consulted, string prefix)
    {
        if (OperatingSystem.IsWindows()) return [Path.Combine(prefix, "Lib", "site-packages")];
        return
            from libraries in LibraryFolders
            let folder = Path.Combine(prefix, libraries)
            where consulted.FolderExists(folder)
            from python in NvrtcFolders.NewestFirst(consulted.Folders(folder, "python3*"))
            from packages in PackageFolders
            select Path.Combine(python, packages);
    }
}
