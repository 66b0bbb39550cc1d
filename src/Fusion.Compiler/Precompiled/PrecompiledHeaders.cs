using Fusion.Build.Contract;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Precompiled;

/// <summary>The headers that several jobs of a run begin with, which NVRTC reads once for all of them. Images are the same bits with it
/// and without. For many threads at a time.</summary>
internal sealed class PrecompiledHeaders
{
    private readonly JobSetup setup;
    private readonly Action<Diagnostic> report;
    private readonly Dictionary<CompileJob, HeaderGroup> groups = [];

    /// <summary>Finds out which jobs begin alike: with the same directives in the same folder, and with the same options.</summary>
    /// <param name="jobs">All jobs of the run.</param>
    /// <param name="setup">What they share.</param>
    /// <param name="report">Gets a line about each header that is precompiled.</param>
    public PrecompiledHeaders(IReadOnlyList<CompileJob> jobs, JobSetup setup, Action<Diagnostic> report)
    {
        (this.setup, this.report) = (setup, report);
        if (!setup.Toolchain.PrecompilesHeaders) return;
        var beginnings = new Dictionary<Kernel, IReadOnlyList<string>>();
        foreach (var kernel in jobs.Select(job => job.Kernel).Distinct().Where(kernel => kernel.PrecompiledHeaders != Kernel.Never && CacheRules.MayCache(kernel)))
            beginnings[kernel] = SourceBeginning.Of(setup.Contents.Get(kernel.Source)?.Text ?? "");
        // The longest beginning that enough jobs share comes first.
        var alike = jobs.Where(job => beginnings.ContainsKey(job.Kernel))
            .Select(job => (Job: job, Like: (Path.GetDirectoryName(job.Kernel.Source), Record.Join([.. setup.Options(job)]))))
            .SelectMany(one => beginnings[one.Job.Kernel].Select(text => (one.Job, one.Like, Text: text)))
            .GroupBy(one => (one.Text, one.Like), one => one.Job)
            .OrderByDescending(group => group.Key.Text.Length);
        foreach (var group in alike)
        {
            CompileJob[] left = [.. group.Where(job => !groups.ContainsKey(job))];
            if (left.Length < HeaderGroup.LeastSize) continue;
            var made = new HeaderGroup(group.Key.Text, left.Length);
            foreach (var job in left) groups[job] = made;
        }
    }

    /// <summary>Runs a job, whatever it turns out to need.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">Runs it.</param>
    public JobResult Run(CompileJob job, Func<CompileJob, JobResult> run)
    {
        if (!groups.TryGetValue(job, out var group)) return run(job);
        group.Begin();
        try
        {
            return run(job);
        }
        finally
        {
            group.End();
        }
    }

    /// <summary>What a job that NVRTC compiles can take.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">NVRTC's options for it.</param>
    /// <param name="watch">Watches its headers.</param>
    /// <returns>Null if there is nothing.</returns>
    public PrecompiledHeader? For(CompileJob job, IReadOnlyList<string> options, InputWatch watch) =>
        groups.TryGetValue(job, out var group) ? group.For(options, text => Create(job, text, options, watch)) : null;

    /// <summary>Learns from a job that is compiled.</summary>
    /// <param name="job">The job.</param>
    /// <param name="run">How NVRTC compiled it.</param>
    /// <param name="headers">Its headers.</param>
    public void Learn(CompileJob job, NvrtcRun run, IncludedHeaders headers)
    {
        if (!groups.TryGetValue(job, out var group)) return;
        if (run.HasRefusedHeader) group.GiveUp();
        else if (run.Precompiled is null) group.Weigh(headers.Read.Sum(header => (long)(setup.Contents.Get(header)?.Text.Length ?? 0)));
    }

    private PrecompiledHeader? Create(CompileJob job, string text, IReadOnlyList<string> options, InputWatch watch)
    {
        var made = PrecompiledHeader.Create(setup, job.Kernel, text, options, watch);
        var names = text.TrimEnd().Replace("\n", ", ", StringComparison.Ordinal);
        report(new Diagnostic(DiagnosticSeverity.Detail, "", made is null
            ? $"Nothing is precompiled for {job.Architecture} of: {names}"
            : $"Precompiled for {job.Architecture}, {made.Headers.Count} headers: {names}"));
        return made;
    }
}
