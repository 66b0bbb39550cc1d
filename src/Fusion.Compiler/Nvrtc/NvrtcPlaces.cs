namespace Fusion.Compiler.Nvrtc;

/// <summary>Where NVRTC may be when nobody names one, in order. Lazy: what lies behind the choice is not looked at.</summary>
internal static class NvrtcPlaces
{
    private static readonly string[] ToolkitVariables = ["CUDA_PATH", "CUDA_HOME"];
    private static readonly string[] SystemFolders = ["opt/cuda", "usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib", "usr/local/lib"];

    /// <summary>All candidates.</summary>
    /// <param name="consulted">Looks and remembers.</param>
    /// <param name="wish">Where the NVRTC pack is, and whether it comes first.</param>
    public static IEnumerable<NvrtcCandidate> Find(Consulted consulted, NvrtcWish wish)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pack = Pack(consulted, wish.PackPath);
        var toolkits = Toolkits(consulted);
        return (wish.PrefersPack ? pack.Concat(toolkits) : toolkits.Concat(pack))
            .Concat(PythonWheels.Find(consulted))
            .Concat(UsualFolders(consulted))
            .Where(candidate => seen.Add(NvrtcFolders.RealPath(candidate.Path)))
            .Concat(Loader(consulted));
    }

    /// <summary>Those of the variables that were consulted which name a toolkit without NVRTC, such as one that was removed: a
    /// sentence for each.</summary>
    /// <param name="consulted">Looks and remembers.</param>
    public static IEnumerable<string> EmptyToolkits(Consulted consulted) =>
        from name in ToolkitVariables
        let root = consulted.Variables.GetValueOrDefault(name, "")
        where root.Length > 0 && !NvrtcFolders.In(consulted, name, root).Any()
        select $"{name} is '{root}'. {NvrtcFolders.DescribeEmpty(root)} Correct or unset it.";

    private static IEnumerable<NvrtcCandidate> Pack(Consulted consulted, string pack) =>
        pack.Length > 0 ? NvrtcFolders.In(consulted, "NVRTC pack", pack) : [];

    private static IEnumerable<NvrtcCandidate> Toolkits(Consulted consulted) =>
        from name in ToolkitVariables
        let root = consulted.Variable(name)
        where root.Length > 0
        from candidate in NvrtcFolders.In(consulted, name, root)
        select candidate;

    private static IEnumerable<NvrtcCandidate> UsualFolders(Consulted consulted) =>
        UsualRoots(consulted).SelectMany(root => NvrtcFolders.In(consulted, "usual folders", root));

    private static IEnumerable<string> UsualRoots(Consulted consulted)
    {
        if (OperatingSystem.IsWindows())
        {
            var toolkits = Path.Combine(consulted.Variable("ProgramFiles"), "NVIDIA GPU Computing Toolkit", "CUDA");
            return NvrtcFolders.NewestFirst(consulted.Folders(toolkits, "v*"));
        }

        string At(string path) => Path.Combine(consulted.Root, path);
        // The plain name is the one that the machine's owner made the default.
        return new[] { At("usr/local/cuda") }
            .Concat(NvrtcFolders.NewestFirst(consulted.Folders(At("usr/local"), "cuda-*")))
            .Concat(SystemFolders.Select(At));
    }

    private static IEnumerable<NvrtcCandidate> Loader(Consulted consulted)
    {
        consulted.Variable(OperatingSystem.IsWindows() ? "PATH" : "LD_LIBRARY_PATH");
        foreach (var name in consulted.LoaderNames) yield return new NvrtcCandidate("loader", name);
    }
}
