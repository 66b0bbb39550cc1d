namespace Fusion.Compiler.Nvrtc;

/// <summary>Where NVRTC may be when nobody names one, in order. Lazy: what lies behind the choice is not looked at.</summary>
internal static class NvrtcPlaces
{
    private static readonly string[] ToolkitVariables = ["CUDA_PATH", "CUDA_HOME"];
    private static readonly string[] SystemFolders = ["opt/cuda", .. NvrtcFolders.Triplets.Select(triplet => $"usr/lib/{triplet}"), "usr/lib64", "usr/lib", "usr/local/lib"];

    /// <summary>All candidates.</summary>
    /// <param name="machine">The machine, which remembers what was looked at.</param>
    /// <param name="required">Where the NVRTC pack is, and whether it comes first.</param>
    public static IEnumerable<NvrtcCandidate> Find(TrackedMachine machine, NvrtcRequirements required)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pack = Pack(machine, required.PackPath);
        var toolkits = Toolkits(machine);
        return (required.PrefersPack ? pack.Concat(toolkits) : toolkits.Concat(pack))
            .Concat(PythonWheels.Find(machine))
            .Concat(UsualFolders(machine))
            .Where(candidate => seen.Add(NvrtcFolders.RealPath(candidate.Path)))
            .Concat(Loader(machine));
    }

    /// <summary>The toolkit variables that were read and name a toolkit without NVRTC, such as one that was removed: a
    /// sentence for each.</summary>
    /// <param name="machine">The machine, which remembers what was looked at.</param>
    public static IEnumerable<string> EmptyToolkits(TrackedMachine machine) =>
        from name in ToolkitVariables
        let root = machine.Variables.GetValueOrDefault(name, "")
        where root.Length > 0 && !NvrtcFolders.In(machine, name, root).Any()
        select $"{name} is '{root}'. {NvrtcFolders.DescribeEmpty(root)} Correct or unset it.";

    private static IEnumerable<NvrtcCandidate> Pack(TrackedMachine machine, string pack) =>
        pack.Length > 0 ? NvrtcFolders.In(machine, "NVRTC pack", pack) : [];

    private static IEnumerable<NvrtcCandidate> Toolkits(TrackedMachine machine) =>
        from name in ToolkitVariables
        let root = machine.Variable(name)
        where root.Length > 0
        from candidate in NvrtcFolders.In(machine, name, root)
        select candidate;

    private static IEnumerable<NvrtcCandidate> UsualFolders(TrackedMachine machine) =>
        UsualRoots(machine).SelectMany(root => NvrtcFolders.In(machine, "usual folders", root));

    private static IEnumerable<string> UsualRoots(TrackedMachine machine)
    {
        if (OperatingSystem.IsWindows())
        {
            var toolkits = Path.Combine(machine.Variable("ProgramFiles"), "NVIDIA GPU Computing Toolkit", "CUDA");
            return NvrtcFolders.NewestFirst(machine.Folders(toolkits, "v*"));
        }

        string At(string path) => Path.Combine(machine.Root, path);
        // The plain name is the one that the machine's owner made the default.
        return new[] { At("usr/local/cuda") }
            .Concat(NvrtcFolders.NewestFirst(machine.Folders(At("usr/local"), "cuda-*")))
            .Concat(SystemFolders.Select(At));
    }

    private static IEnumerable<NvrtcCandidate> Loader(TrackedMachine machine)
    {
        machine.Variable(OperatingSystem.IsWindows() ? "PATH" : "LD_LIBRARY_PATH");
        foreach (var name in machine.LoaderNames) yield return new NvrtcCandidate("loader", name);
    }
}
