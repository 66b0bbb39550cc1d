using Fusion.Build.Contract;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Output;
using Fusion.Compiler.Precompiled;
using Fusion.Compiler.Reporting;

namespace Fusion.Compiler.Jobs;

/// <summary>All jobs of a run, done.</summary>
/// <param name="Results">How each ended.</param>
/// <param name="Nvrtc">Version of the NVRTC that made the images.</param>
/// <param name="ToolkitHeaders">Folder of NVRTC's own headers; null if it has none.</param>
/// <param name="OptionsOf">NVRTC's options for a job; null where the images were made elsewhere.</param>
/// <param name="Summary">The run in a line.</param>
internal sealed record FinishedJobs(
    JobResult[] Results, Version Nvrtc, string? ToolkitHeaders, Func<CompileJob, IReadOnlyList<string>>? OptionsOf, string Summary);

/// <summary>Compiles a project's kernels with NVRTC, or finds that they are compiled.</summary>
/// <param name="request">What the project asks for.</param>
/// <param name="policy">What to do with the output folder.</param>
/// <param name="contents">Reads sources and headers.</param>
/// <param name="machine">The machine.</param>
/// <param name="log">Gets every diagnostic.</param>
internal sealed class ProjectJobs(CompileRequest request, OutputPolicy policy, FileContents contents, TrackedMachine machine, RunLog log)
{
    /// <summary>Runs all jobs. Sets the current folder of the process: NVRTC finds what stands beside a source by the source's
    /// name, which is relative to the project.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="targets">NVRTC and the jobs.</param>
    /// <param name="toolchain">The NVRTC, ready for use.</param>
    public FinishedJobs Run(IReadOnlyList<Kernel> kernels, Targets targets, Toolchain toolchain)
    {
        WarnAboutMissingFolders(kernels);
        WarnAboutOldNvrtc(kernels, toolchain);
        Environment.CurrentDirectory = request.ProjectDirectory;
        log.Report(new Diagnostic(DiagnosticSeverity.Detail, "", toolchain.TracesHeaders
            ? "Headers are known from what NVRTC reports."
            : "This NVRTC does not report the headers it reads: #include lines are followed instead."));
        var setup = new JobSetup(toolchain, contents, request.FusionIncludePath, request.CcclPath, request.OutputDirectory, policy == OutputPolicy.Project,
            request.ChecksLaunchers, request.MappedTypes, NvrtcIdentity.Of(toolchain.Library, machine));
        var cache = OpenCache(setup);
        var siblings = new SiblingImages(request.SharedDirectory, request.OutputDirectory, contents);
        var progress = new KernelProgress(targets.Jobs, setup.Options, log.Report);
        var precompiled = new PrecompiledHeaders(targets.Jobs, setup, log.Report);
        var compiler = new JobCompiler(setup, siblings, cache, precompiled);
        var results = new JobRunner(targets.Jobs, job => precompiled.Run(job, compiler.Run), progress.Add)
        {
            Parallelism = request.MaxParallelism > 0 ? request.MaxParallelism : Environment.ProcessorCount,
            Timeout = Math.Max(0, request.CompileTimeout),
        }.Run();
        cache?.Trim();
        if (request.Timings) log.Report(TimingReport.Of(results));
        return new FinishedJobs(results, toolchain.Library.Version, targets.IncludePath, setup.Options, Summarize(results, setup));
    }

    private static string Summarize(JobResult[] results, JobSetup setup)
    {
        int ImagesOf(params JobOrigin[] origins) =>
            results.Where(result => origins.Contains(result.Origin)).Sum(result => result.Record?.Images.Count ?? 0);

        var cached = ImagesOf(JobOrigin.Cache);
        return $"{ImagesOf(JobOrigin.Compiled)} images compiled, {(cached > 0 ? $"{cached} from the compile cache, " : "")}"
            + $"{ImagesOf(JobOrigin.Fresh, JobOrigin.Sibling)} up to date, {setup.NvrtcName} ({setup.Toolchain.Library.Path})";
    }

    private JobCache? OpenCache(JobSetup setup)
    {
        if (!request.Cache) return null;
        var folder = request.CachePath.Length > 0 ? Path.GetFullPath(request.CachePath, request.ProjectDirectory) : CacheFolder.OfUser();
        return folder.Length > 0
            ? new JobCache(new CacheFolder(folder, request.CacheShared), setup, Math.Max(0, request.CacheSize) * 1_000_000L, log.ReportOnce)
            : null;
    }

    private void WarnAboutOldNvrtc(IReadOnlyList<Kernel> kernels, Toolchain toolchain)
    {
        const string Metadata = nameof(Kernel.PrecompiledHeaders);
        if (toolchain.Library.Version >= Toolchain.FirstThatPrecompiles) return;
        foreach (var kernel in kernels.Where(kernel => kernel.PrecompiledHeaders == "true").DistinctBy(kernel => kernel.Metadata.PlaceOf([Metadata])))
        {
            log.Report(new Diagnostic(DiagnosticSeverity.Warning, Codes.NoPrecompiledHeaders,
                $"{kernel.Metadata.NameOf(Metadata)} is true, and NVRTC {toolchain.Library.Version} ('{toolchain.Library.Path}') cannot precompile headers: "
                + $"{Toolchain.FirstThatPrecompiles} and later can. The kernels are compiled without. Name a newer one by FusionNvrtcPath, or write auto, which "
                + "does without where NVRTC cannot.", kernel.Metadata.PlaceOf([Metadata])));
        }
    }

    private void WarnAboutMissingFolders(IReadOnlyList<Kernel> kernels)
    {
        const string Metadata = nameof(Kernel.IncludePaths);
        var missing = kernels.SelectMany(kernel => kernel.IncludePaths.Select(path => (Kernel: kernel, Path: path)))
            .Where(one => !Directory.Exists(one.Path)).DistinctBy(one => one.Path);
        foreach (var (kernel, path) in missing)
        {
            log.Report(new Diagnostic(DiagnosticSeverity.Warning, Codes.MissingIncludePath,
                $"{kernel.Metadata.NameOf(Metadata)} names '{path}', and there is no such folder. Correct or remove it; relative paths start "
                + "at the project's folder.", kernel.Metadata.PlaceOf([Metadata])));
        }
    }
}
