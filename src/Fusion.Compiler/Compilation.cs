using Fusion.Build.Contract;
using Fusion.Compiler.AllReduce;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Launchers;
using Fusion.Compiler.Logs;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Output;
using Fusion.Compiler.Prebuilt;

namespace Fusion.Compiler;

/// <summary>One run: from a request to images, manifest and state.</summary>
/// <param name="request">What is asked.</param>
/// <param name="policy">What to do with the output folder.</param>
/// <param name="say">Gets every diagnostic; may be called on any thread, one at a time.</param>
internal sealed class Compilation(CompileRequest request, OutputPolicy policy, Action<Diagnostic> say)
{
    private readonly Lock gate = new();
    private readonly List<Diagnostic> warnings = [];
    private readonly HashSet<string> errors = new(StringComparer.Ordinal);
    private readonly string requestHash = Hash.Of(request.ToText());
    private bool failed;
    private bool waited;

    /// <summary>The machine to look for NVRTC on.</summary>
    public Machine Machine { get; init; } = Machine.This;

    /// <summary>Whether NVRTC may be asked which headers it reads; otherwise <c>#include</c> lines are followed.</summary>
    public bool MayTrace { get; init; } = true;

    private string LockFile => request.SharedDirectory.Length > 0
        ? Path.Combine(request.SharedDirectory, "fusion.lock")
        : request.StateFile + ".lock";

    /// <summary>Does it.</summary>
    /// <returns>Whether all kernels compiled. Sets the current folder of the process.</returns>
    public bool Run()
    {
        request.ProjectDirectory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.ProjectDirectory));
        request.OutputDirectory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutputDirectory));
        try
        {
            if (policy != OutputPolicy.Project) return Compile();
            using var mine = OutputLock.Take(LockFile, Waiting, out var problem);
            if (problem is not null) Say(problem);
            return mine is not null && (TookFromOther() || Compile());
        }
        catch (WriteException e)
        {
            Say(e.ToDiagnostic());
            return false;
        }
    }

    // What the other one compiled may be all that was to be done.
    private bool TookFromOther()
    {
        if (!waited || BuildState.Read(request.StateFile) is not { } state || state.WhyStale(requestHash) is not null) return false;
        foreach (var diagnostic in state.Diagnostics) Say(diagnostic);
        Say(new Diagnostic(DiagnosticSeverity.Message, "", $"0 images compiled, {state.Outputs.Count - 1} up to date: the other fusionc compiled them."));
        return true;
    }

    private bool Compile()
    {
        if (policy == OutputPolicy.Project) OutputFolder.RemoveLeftovers(request.OutputDirectory);
        var written = AllReduceSources.Write(request, Say);
        request.Kernels.AddRange(written);
        var kernels = KernelReading.Read(request, Say);
        var consulted = new Consulted(Machine);
        if (request.PrebuiltPath.Length > 0) return TakePrebuilt(kernels, written, consulted);
        var targets = new TargetChoice(request, consulted, Say);
        if (kernels.Count == 0 && failed || targets.Choose(kernels) is not { } chosen) return false;
        foreach (var missing in kernels.SelectMany(k => k.IncludePaths.Select(p => (Kernel: k, Path: p))).Where(x => !Directory.Exists(x.Path)).DistinctBy(x => x.Path))
        {
            const string Metadata = nameof(Kernel.IncludePaths);
            Say(new Diagnostic(DiagnosticSeverity.Warning, Codes.MissingIncludePath,
                $"{missing.Kernel.Metadata.NameOf(Metadata)} names '{missing.Path}', and there is no such folder. Correct or remove it; relative paths start at the project's folder.",
                missing.Kernel.Metadata.PlaceOf([Metadata])));
        }

        // NVRTC finds what stands beside a source by the source's name, which is relative to the project.
        Environment.CurrentDirectory = request.ProjectDirectory;
        using var toolchain = Toolchain.Create(chosen.Nvrtc, chosen.IncludePath, MayTrace);
        Say(new Diagnostic(DiagnosticSeverity.Detail, "", toolchain.TracesHeaders
            ? "Headers are known from what NVRTC reports."
            : "This NVRTC does not report the headers it reads: #include lines are followed instead."));
        var contents = new FileContents();
        var setup = new JobSetup(toolchain, contents, request.FusionIncludePath, request.OutputDirectory, policy == OutputPolicy.Project,
            NvrtcIdentity.Of(toolchain.Library, consulted));
        var cache = Cache(setup);
        var siblings = new SiblingImages(request.SharedDirectory, request.OutputDirectory, contents);
        var results = new JobRunner(chosen.Jobs, new JobCompiler(setup, siblings, cache).Run, Progress)
        {
            Parallelism = request.MaxParallelism > 0 ? request.MaxParallelism : Environment.ProcessorCount,
            Timeout = Math.Max(0, request.CompileTimeout),
        }.Run();
        cache?.Trim();
        Report(results);
        CheckLaunchers(results, written, contents);
        if (failed) return false;

        Finish(results, written, contents, consulted, toolchain.Library.Version, chosen.IncludePath);
        var images = results.ToLookup(r => (r.WasFresh, r.WasCached), r => r.Record!.Images.Count);
        var cached = images[(false, true)].Sum();
        Say(new Diagnostic(DiagnosticSeverity.Message, "",
            $"{images[(false, false)].Sum()} images compiled, {(cached > 0 ? $"{cached} from the compile cache, " : "")}"
            + $"{images[(true, false)].Sum()} up to date, {setup.NvrtcName} ({toolchain.Library.Path})"));
        return true;
    }

    private JobCache? Cache(JobSetup setup)
    {
        if (!request.Cache) return null;
        var folder = request.CachePath.Length > 0 ? Path.GetFullPath(request.CachePath, request.ProjectDirectory) : CacheFolder.OfUser();
        return folder.Length > 0 ? new JobCache(new CacheFolder(folder, request.CacheShared), setup, Math.Max(0, request.CacheSize) * 1_000_000L, SayOnce) : null;
    }

    private bool TakePrebuilt(IReadOnlyList<Kernel> kernels, IReadOnlyList<KernelRequest> written, Consulted consulted)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.PrebuiltPath, request.ProjectDirectory));
        consulted.Content(Path.Combine(path, ManifestWriter.FileName));
        consulted.Content(Path.Combine(path, KernelSources.FileName));
        if (PrebuiltFolder.Open(path, out var problem) is not { } folder)
        {
            Say(problem!);
            return false;
        }

        var contents = new FileContents();
        var prebuilt = new PrebuiltKernels(folder, request, contents, consulted);
        JobResult[] results = [.. kernels.SelectMany(prebuilt.Take)];
        Report(results);
        CheckLaunchers(results, written, contents);
        if (failed) return false;

        Finish(results, written, contents, consulted, Version.Parse(folder.Manifest.Nvrtc), toolkitHeaders: null);
        Say(new Diagnostic(DiagnosticSeverity.Message, "",
            $"{results.Sum(r => r.Record!.Images.Count)} prebuilt images, made by NVRTC {folder.Manifest.Nvrtc}, from '{path}'"));
        return true;
    }

    private void Finish(
        JobResult[] results, IReadOnlyList<KernelRequest> written, FileContents contents, Consulted consulted, Version nvrtc,
        string? toolkitHeaders)
    {
        if (policy == OutputPolicy.Images) return;
        var stored = StoredImages.Of(results, request.OutputDirectory, request.Compress && policy == OutputPolicy.Project);
        var manifest = Path.Combine(request.OutputDirectory, ManifestWriter.FileName);
        AtomicFile.Write(manifest, ManifestWriter.Create(results, stored, nvrtc, request.SdkVersion).ToJson());
        if (policy != OutputPolicy.Project) return;

        new SourcesWriter(request.FusionIncludePath, toolkitHeaders, contents).Write(results, request.OutputDirectory);
        var keep = results.SelectMany(r => r.Record!.Images.Select(i => i.File).Append(r.Job.RecordFile))
            .Concat(stored.All.Select(s => s.File))
            .Select(f => Path.GetFullPath(f, request.OutputDirectory)).Append(manifest)
            .Append(Path.Combine(request.OutputDirectory, KernelSources.FileName))
            .Concat(written.Select(kernel => kernel.Source)).ToHashSet(StringComparer.Ordinal);
        OutputFolder.RemoveAllBut(request.OutputDirectory, keep);
        StateWriter.Write(request, requestHash, results, stored, consulted, warnings);
    }

    private void Waiting()
    {
        waited = true;
        Say(new Diagnostic(DiagnosticSeverity.Message, "",
            $"Waiting for another fusionc that compiles kernels of this project and holds '{LockFile}'; what it compiles is used here too."));
    }

    private void Progress(JobResult result)
    {
        if (result.WasFresh || result.Record is null) return;
        var sizes = result.Record.Images.Select(i => FormattableString.Invariant($"{i.Image.Kind.ToString().ToLowerInvariant()} {i.Image.Bytes / 1024.0:0.0} KB"));
        Say(new Diagnostic(DiagnosticSeverity.Message, "",
            $"{result.Job.Kernel.ProgramName} -> {result.Job.Architecture} ({string.Join(", ", sizes)}{(result.WasCached ? ", from the compile cache" : "")})"));
    }

    private void Report(JobResult[] results)
    {
        // A header that many kernels include is complained about once.
        var said = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kernel in results.GroupBy(r => r.Job.Kernel, ReferenceEqualityComparer.Instance))
        {
            foreach (var diagnostic in DiagnosticMerger.Merge([.. kernel.Select(r => (r.Job.Architecture, r.Diagnostics))]))
            {
                if (said.Add(diagnostic.ToLine())) Say(diagnostic);
            }
        }

        failed |= results.Any(r => r.Record is null);
    }

    // Kernels that fusionc wrote itself have no launchers.
    private void CheckLaunchers(JobResult[] results, IReadOnlyList<KernelRequest> written, FileContents contents)
    {
        if (!request.ChecksLaunchers || failed) return;
        foreach (var jobs in results.GroupBy(r => r.Job.Kernel).Where(g => !written.Any(w => w.Source == g.Key.Source)))
        {
            var compiled = jobs.SelectMany(r => r.Record!.Images).SelectMany(i => i.Image.Kernels).DistinctBy(k => k.Name).ToArray();
            var text = contents.Get(jobs.Key.Source)?.Text ?? "";
            foreach (var missing in LauncherAgreement.WhatIsMissing(jobs.Key, text, compiled)) Say(missing);
        }
    }

    // Not to be said again by a build that has nothing to do.
    private void SayOnce(Diagnostic diagnostic)
    {
        lock (gate) say(diagnostic);
    }

    private void Say(Diagnostic diagnostic)
    {
        lock (gate)
        {
            // A mistake in a property of the project is found in each of its kernels.
            if (diagnostic.Severity == DiagnosticSeverity.Error && !errors.Add(diagnostic.ToLine())) return;
            failed |= diagnostic.Severity == DiagnosticSeverity.Error;
            if (diagnostic.Severity == DiagnosticSeverity.Warning) warnings.Add(diagnostic);
            say(diagnostic);
        }
    }
}
