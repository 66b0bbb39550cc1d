using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Caching;

/// <summary>Finds in the cache what an earlier run compiled, in whatever project or clone, and adds what this one compiles. For
/// many threads at a time. Whatever fails here costs a compilation, never the build.</summary>
/// <param name="folder">The cache.</param>
/// <param name="setup">What all jobs share.</param>
/// <param name="limit">The most bytes of the cache; 0 for no limit.</param>
/// <param name="report">Gets what is to be reported once and not again in a build with nothing to do.</param>
internal sealed class JobCache(CacheFolder folder, JobSetup setup, long limit, Action<Diagnostic> report)
{
    private int added;
    private int hasReported;
    private readonly Lock gate = new();
    private bool? isTrusted;
    private volatile bool isReadable = true;
    private volatile bool isWritable = true;

    /// <summary>What NVRTC made of a job in an earlier run.</summary>
    /// <param name="job">The job.</param>
    /// <param name="source">Source of the job's kernel.</param>
    /// <returns>Null if the cache does not know.</returns>
    public CompileOutput? Find(CompileJob job, FileContent source)
    {
        if (!isReadable || !MayUse(job)) return null;
        var roots = Roots(job);
        var key = CacheKey.Of(job, source, setup, roots, setup.NvrtcIdentity!);
        try
        {
            foreach (var path in folder.Find(key.AnyFolder).Concat(folder.Find(key.TheseFolders)))
            {
                if (Read(path) is not { } entry || !IsRight(entry.Description, roots)) continue;
                CacheFolder.Touch(path);
                return Output(entry, roots);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isReadable = false;
            ReportFailure(e);
        }

        return null;
    }

    /// <summary>Adds what NVRTC made.</summary>
    /// <param name="job">The job.</param>
    /// <param name="source">Source of the job's kernel.</param>
    /// <param name="output">What came out.</param>
    public void Add(CompileJob job, FileContent source, CompileOutput output)
    {
        if (!isWritable || !MayUse(job)) return;
        var read = output.Headers.Read.Select(path => (Path: path, Content: setup.Contents.Get(path))).ToArray();
        if (read.Any(h => h.Content is null)) return;
        var texts = read.Select(h => h.Content!.Text).Append(source.Text).Concat(job.Kernel.OwnOptions);
        if (CacheRules.DependsOnTime(texts)) return;

        var roots = Roots(job);
        var key = CacheKey.Of(job, source, setup, roots, setup.NvrtcIdentity!);
        var bound = CacheRules.IsBound(job, output, roots, setup.IncludeFolders(job.Kernel), setup.Contents);
        var description = new CacheDescription
        {
            Headers = [.. read.Select(h => new CachedHeader(roots.Places(h.Path), h.Content!.Sha256))],
            Probes = [.. output.Headers.Probes.SelectMany(probe => roots.Places(probe.Path).Select(place => new CachedProbe(place, probe.Held)))],
            Symbols = output.Symbols,
            Log = roots.Mark(output.Log),
        };
        var variant = Hash.Of(Record.Join(
            [.. description.Headers.Select(h => h.Sha256), .. description.Probes.SelectMany(p => new[] { p.Place, p.Held })]))[..16];
        var entry = new CacheEntry(description, output.Ptx, output.Cubin);
        try
        {
            folder.Write(bound ? key.TheseFolders : key.AnyFolder, variant, entry.ToBytes());
            Interlocked.Increment(ref added);
        }
        catch (Exception e) when (AtomicFile.IsOfFile(e))
        {
            isWritable = false;
            ReportFailure(e);
        }
    }

    /// <summary>Keeps the cache within its limit. To be called when all jobs are done.</summary>
    public void Trim()
    {
        if (added == 0) return;
        try
        {
            folder.Trim(limit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ReportFailure(e);
        }
    }

    private bool IsTrusted()
    {
        lock (gate)
        {
            if (isTrusted is { } known) return known;
            var why = folder.WhyUntrusted();
            isTrusted = why is null;
            if (why is not null)
            {
                report(new Diagnostic(DiagnosticSeverity.Warning, Codes.UntrustedCache,
                    $"The compile cache in '{folder.Path}' is not used: {why}. Whoever writes there puts machine code into this project's "
                    + "assembly. Take the right to write from others (chmod -R go-w), name a folder of your own by FusionCachePath, or set "
                    + "FusionCacheShared to true if you trust all who can write there."));
            }

            return why is null;
        }
    }

    private bool MayUse(CompileJob job) => IsTrusted() && CacheRules.MayCache(job.Kernel) && setup.NvrtcIdentity is not null;

    private CacheRoots Roots(CompileJob job) => new(
        job.Kernel.ProjectDirectory, setup.IncludeFolders(job.Kernel).Prepend(Path.GetDirectoryName(job.Kernel.Source)!));

    private CacheEntry? Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            // Another process made room.
            return null;
        }

        if (CacheEntry.Parse(bytes) is { } entry) return entry;
        var fate = AtomicFile.TryDelete(path) ? "it is deleted" : "it cannot be deleted";
        report(new Diagnostic(DiagnosticSeverity.Warning, Codes.DamagedCache,
            $"The compile cache holds a damaged file, '{path}': its content is not what its hash says. "
            + $"The kernel is compiled anew and {fate}. If this comes again, look at the disk, or remove the whole cache: "
            + "fusion cache clear."));
        return null;
    }

    private bool IsRight(CacheDescription entry, CacheRoots roots) =>
        entry.Headers.All(h => h.Places.All(place => setup.Contents.Get(roots.Path(place))?.Sha256 == h.Sha256))
        && entry.Probes.All(probe => setup.Contents.Presence(roots.Path(probe.Place)).Held == probe.Held);

    private CompileOutput Output(CacheEntry entry, CacheRoots roots) => new(
        entry.Ptx, entry.Cubin, entry.Description.Symbols, roots.Unmark(entry.Description.Log),
        new IncludedHeaders(
            [.. entry.Description.Headers.Select(h => roots.Path(h.Places[0]))],
            [.. entry.Description.Probes.Select(probe => setup.Contents.Presence(roots.Path(probe.Place))).DistinctBy(probe => probe.Path)]));

    private void ReportFailure(Exception reason)
    {
        if (Interlocked.Exchange(ref hasReported, 1) != 0) return;
        report(new Diagnostic(DiagnosticSeverity.Message, "",
            $"The build goes on without the compile cache in '{folder.Path}', or without adding to it: {reason.Message} "
            + "Set FusionCachePath to a folder that can be written, or FusionCache to false."));
    }
}
