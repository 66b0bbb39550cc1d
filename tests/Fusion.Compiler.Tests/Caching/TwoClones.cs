using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Caching;

/// <summary>A project, and what a second clone of it in another folder has of its own, with one compile cache for both.</summary>
internal sealed class TwoClones : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fusion-cache-").FullName;
    private readonly bool mayTrace;

    public TwoClones(string nvrtc, bool mayTrace = true)
    {
        this.mayTrace = mayTrace;
        Second = Create(nvrtc);
        First = Create(nvrtc);
    }

    public KernelProject First { get; }

    public KernelProject Second { get; }

    /// <summary>The entries of the cache.</summary>
    public string[] Entries => Directory.Exists(folder) ? Directory.GetFiles(folder, "*.entry", SearchOption.AllDirectories) : [];

    /// <summary>Does the same to both.</summary>
    public void Both(Action<KernelProject> change)
    {
        change(First);
        change(Second);
    }

    /// <summary>Writes a file of both.</summary>
    public void Write(string file, string text) => Both(clone => clone.Write(file, text));

    /// <summary>Adds a kernel to both.</summary>
    public void Add(string file, string text, string architectures = "sm_80", string includePaths = "inc") => Both(clone =>
        clone.Add(file, text, architectures)["IncludePaths"] = includePaths);

    /// <summary>Compiles the first, which then fills the cache, and after it the second.</summary>
    public KernelRun FirstThenSecond()
    {
        Assert.That(First.Run().MustSucceed().Cached, Is.Empty);
        return Second.Run().MustSucceed();
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private KernelProject Create(string nvrtc)
    {
        var project = new KernelProject(nvrtc) { MayTrace = mayTrace };
        Directory.CreateDirectory(project.PathOf("inc"));
        Directory.CreateDirectory(project.PathOf("first"));
        project.Request.Cache = true;
        project.Request.CachePath = folder;
        project.Request.CacheSize = 100;
        return project;
    }
}
