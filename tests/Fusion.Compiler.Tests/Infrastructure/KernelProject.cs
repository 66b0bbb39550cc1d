using Fusion.Build.Contract;
using Fusion.Compiler.Output;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>A project's folder with kernels, compiled in this process as the build task would. Its path has a blank, a
/// bracket and letters beyond ASCII, since people's folders have.</summary>
internal sealed class KernelProject : IDisposable
{
    public const string Simple = "extern \"C\" __global__ void k(float* x, int n) { if (threadIdx.x < n) x[threadIdx.x] *= 2; }\n";

    private readonly string home = Environment.CurrentDirectory;
    private readonly string parent;

    public KernelProject(string nvrtc)
    {
        parent = Path.Combine(Path.GetTempPath(), $"fusion-{Guid.NewGuid():n}");
        Root = Path.Combine(parent, "a project (größer)");
        Directory.CreateDirectory(Root);
        Request = new CompileRequest
        {
            ProjectDirectory = Root,
            OutputDirectory = Path.Combine(Root, "obj", "fusion") + Path.DirectorySeparatorChar,
            StateFile = Path.Combine(Root, "obj", "fusion.state"),
            NvrtcPath = NvrtcUnderTest.Folder(nvrtc),
            SdkVersion = "1.2.3",
        };
    }

    public string Root { get; }

    /// <summary>Whether the compiler may ask NVRTC which headers it reads.</summary>
    public bool MayTrace { get; set; } = true;

    public CompileRequest Request { get; }

    public string Images => Path.Combine(Root, "obj", "fusion");

    public IReadOnlyList<string> Files => Directory.Exists(Images)
        ? [.. Directory.GetFiles(Images, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Images, f)).Order(StringComparer.Ordinal)]
        : [];

    public KernelManifest Manifest => KernelManifest.FromJson(File.ReadAllBytes(Path.Combine(Images, "manifest.json")));

    public string PathOf(string file) => Path.GetFullPath(Path.Combine(Root, file));

    public string Write(string file, string text) => Write(file, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string file, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllBytes(PathOf(file), bytes);
        return PathOf(file);
    }

    /// <summary>Writes a kernel and adds it to the project.</summary>
    public KernelRequest Add(string file, string text, string architectures = "sm_80")
    {
        Write(file, text);
        return AddExisting(file, architectures);
    }

    public KernelRequest AddExisting(string file, string architectures = "sm_80")
    {
        var kernel = new KernelRequest { Source = PathOf(file), Name = Path.ChangeExtension(file, null), ["Architectures"] = architectures, ["Std"] = "c++17" };
        Request.Kernels.Add(kernel);
        return kernel;
    }

    /// <summary>One run of the compiler, on a request that went through its text form.</summary>
    /// <param name="heard">Gets each diagnostic as it is said.</param>
    public KernelRun Run(Action<Diagnostic>? heard = null)
    {
        var said = new List<Diagnostic>();
        var compilation = new Compilation(CompileRequest.Parse(Request.ToText()), OutputPolicy.Project, d =>
        {
            said.Add(d);
            heard?.Invoke(d);
        })
        {
            MayTrace = MayTrace,
        };
        return new KernelRun(compilation.Run(), said);
    }

    /// <summary>A run while another process holds the lock, which it gives back when this one says that it waits.</summary>
    /// <param name="lockFile">The lock file, which is there.</param>
    /// <param name="last">What the other process does before it gives the lock back.</param>
    public KernelRun RunWhileLocked(string lockFile, Action? last = null)
    {
        using var other = new FileStream(PathOf(lockFile), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        return Run(said =>
        {
            if (!said.Message.StartsWith("Waiting for another fusionc", StringComparison.Ordinal)) return;
            last?.Invoke();
            other.Dispose();
        });
    }

    /// <summary>A run in whose middle something changes: between the compilations for the first architecture and for the second.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="after">Called after the second compilation, before the run ends.</param>
    public KernelRun RunAndMeanwhile(Action change, Action after)
    {
        Request.MaxParallelism = 1;
        var steps = new Queue<Action>([change, after]);
        return Run(said =>
        {
            if (said.Message.Contains(" -> ", StringComparison.Ordinal) && steps.TryDequeue(out var step)) step();
        });
    }

    /// <summary>Whether the build task would not even start the compiler.</summary>
    public string? WhyStale() => BuildState.Read(Request.StateFile) is { } state
        ? state.WhyStale(Hash.Of(Request.ToText()))
        : "there is no state";

    public void Dispose()
    {
        Environment.CurrentDirectory = home;
        Directory.Delete(parent, recursive: true);
    }
}
