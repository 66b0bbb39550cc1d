using Fusion.Compiler.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Nvrtc;

/// <summary>A machine made of empty files: which library stands where is all that the resolver's order depends on.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly Dictionary<string, NvrtcProbe> libraries = [];
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"fusion-{Guid.NewGuid():n}");

    public FakeMachine() => Directory.CreateDirectory(folder);

    public Dictionary<string, string> Variables { get; } = [];

    public List<string> LoaderNames { get; } = [];

    public TrackedMachine Tracked { get; private set; } = null!;

    public string At(string path) => Path.Combine(folder, path);

    public string AddFile(string path, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
        return At(path);
    }

    /// <summary>Puts a library somewhere.</summary>
    public string AddNvrtc(string path, string version = "12.4", params int[] architectures)
    {
        var full = AddFile(path);
        libraries[full] = Works(full, version, architectures);
        return full;
    }

    /// <summary>Puts a library there that cannot be used.</summary>
    public string AddBroken(string path) => AddFile(path);

    /// <summary>Lets the loader find a library by name.</summary>
    public void AddToLoader(string name, string version = "12.4")
    {
        LoaderNames.Add(name);
        libraries[name] = Works(At(name), version, []);
    }

    public NvrtcChoice Resolve(string architectures = "sm_80", string property = "", string pack = "", bool skip = false, bool lookAtAll = false,
        bool prefersPack = false)
    {
        Tracked = new TrackedMachine(new Machine(name => Variables.GetValueOrDefault(name), folder, LoaderNames));
        var resolver = new NvrtcResolver(Tracked, path => libraries.GetValueOrDefault(path) ?? new NvrtcProbe(null, [], path, "it is broken"));
        GpuArchitecture[] wanted = [.. architectures.Split(';').Select(GpuArchitecture.Parse)];
        return resolver.Resolve(new NvrtcRequirements(wanted, skip, property, pack, folder) { PrefersPack = prefersPack }, lookAtAll);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static NvrtcProbe Works(string path, string version, int[] architectures) =>
        new(new Version(version), architectures.Length > 0 ? architectures : [80, 90], path, "");
}
