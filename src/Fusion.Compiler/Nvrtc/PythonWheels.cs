namespace Fusion.Compiler.Nvrtc;

/// <summary>NVRTC in the Python packages of the active environment: many machines have CUDA in no other form.</summary>
internal static class PythonWheels
{
    private static readonly string[] LibraryFolders = ["lib", "lib64", "local/lib"];
    private static readonly string[] PackageFolders = ["site-packages", "dist-packages"];

    /// <summary>The libraries, environment by environment.</summary>
    public static IEnumerable<NvrtcCandidate> Find(TrackedMachine machine)
    {
        foreach (var (origin, prefix) in Environments(machine))
        {
            foreach (var site in SiteFolders(machine, prefix))
            {
                var nvidia = Path.Combine(site, "nvidia");
                if (!machine.FolderExists(nvidia)) continue;
                var packages = NvrtcFolders.NewestFirst(machine.Folders(nvidia, "cu1*")).Append(Path.Combine(nvidia, "cuda_nvrtc"));
                foreach (var candidate in packages.SelectMany(p => NvrtcFolders.In(machine, origin, p))) yield return candidate;
            }

            // Conda's own packages put the library into the environment itself.
            foreach (var candidate in NvrtcFolders.In(machine, origin, prefix)) yield return candidate;
        }
    }

    private static IEnumerable<(string Origin, string Prefix)> Environments(TrackedMachine machine)
    {
        var active = false;
        foreach (var name in new[] { "VIRTUAL_ENV", "CONDA_PREFIX" })
        {
            // One that was deleted hides no other.
            if (machine.Variable(name) is not { Length: > 0 } prefix || !machine.FolderExists(prefix)) continue;
            active = true;
            foreach (var one in WithBase(machine, prefix)) yield return ($"Python environment {name}", one);
        }

        if (active) yield break;
        var path = machine.Variable("PATH").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] names = OperatingSystem.IsWindows() ? ["python.exe"] : ["python3", "python"];
        foreach (var folder in path)
        {
            if (names.Select(n => Path.Combine(folder, n)).FirstOrDefault(machine.FileExists) is not { } python) continue;
            var origin = $"packages of {python}";
            foreach (var one in PrefixesOf(machine, python)) yield return (origin, one);
            // Packages that a user installed without an environment.
            if (machine.Variable("HOME") is { Length: > 0 } home) yield return (origin, Path.Combine(home, ".local"));
            yield break;
        }
    }

    private static IEnumerable<string> PrefixesOf(TrackedMachine machine, string python)
    {
        // An environment's python is a link to another's, so the link is looked at before it is followed.
        var unresolved = Prefix(python);
        if (machine.FileExists(Path.Combine(unresolved, "pyvenv.cfg"))) return WithBase(machine, unresolved);
        machine.TrackTarget(python);
        return new[] { Prefix(NvrtcFolders.RealPath(python)), unresolved }.Distinct();
    }

    private static string Prefix(string python)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(python))!;
        return OperatingSystem.IsWindows() && Path.GetFileName(folder) != "Scripts" ? folder : Path.GetDirectoryName(folder) ?? folder;
    }

    private static IEnumerable<string> WithBase(TrackedMachine machine, string prefix)
    {
        yield return prefix;
        var configuration = Path.Combine(prefix, "pyvenv.cfg");
        if (!machine.FileExists(configuration)) yield break;
        machine.TrackContent(configuration);
        var settings = File.ReadLines(configuration).Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var seesBase = settings["include-system-site-packages"].Any(v => v.Equals("true", StringComparison.OrdinalIgnoreCase));
        if (seesBase && settings["home"].FirstOrDefault() is { Length: > 0 } home)
            yield return OperatingSystem.IsWindows() ? home : Path.GetDirectoryName(home) ?? home;
    }

    private static IEnumerable<string> SiteFolders(TrackedMachine machine, string prefix)
    {
        if (OperatingSystem.IsWindows()) return [Path.Combine(prefix, "Lib", "site-packages")];
        return
            from libraries in LibraryFolders
            let folder = Path.Combine(prefix, libraries)
            where machine.FolderExists(folder)
            from python in NvrtcFolders.NewestFirst(machine.Folders(folder, "python3*"))
            from packages in PackageFolders
            select Path.Combine(python, packages);
    }
}
