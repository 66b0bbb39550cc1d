using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Reporting;

/// <summary>Reports one line a kernel when its last job has ended: where its images come from, and why. For many threads at a
/// time.</summary>
/// <param name="jobs">All jobs of the run.</param>
/// <param name="options">NVRTC's options for a job.</param>
/// <param name="report">Gets the lines, and details about each job.</param>
internal sealed class KernelProgress(IReadOnlyList<CompileJob> jobs, Func<CompileJob, IReadOnlyList<string>> options, Action<Diagnostic> report)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Kernel, List<JobResult>> ended = [];
    private readonly Dictionary<Kernel, int> counts = jobs.CountBy(job => job.Kernel).ToDictionary();

    /// <summary>Takes note of a job that ended.</summary>
    public void Add(JobResult result)
    {
        lock (gate)
        {
            if (result is { Record: not null, Origin: JobOrigin.Compiled or JobOrigin.Cache }) ReportJob(result);
            if (result.Record is not null) report(OptionsOf(result.Job, options(result.Job)));
            if (!ended.TryGetValue(result.Job.Kernel, out var results)) ended[result.Job.Kernel] = results = [];
            results.Add(result);
            if (results.Count < counts[result.Job.Kernel] || results.Any(one => one.Record is null)) return;
            report(Message(Line(results)));
        }
    }

    /// <summary>The line that a build with nothing to do has for a kernel.</summary>
    /// <param name="results">The kernel's jobs in the run that did the work.</param>
    public static Diagnostic NextTime(IEnumerable<JobResult> results) => Message(Line([.. results.Select(result => result with
    {
        Origin = result.Origin == JobOrigin.Prebuilt ? JobOrigin.Prebuilt : JobOrigin.Fresh,
        Why = "",
    })]));

    /// <summary>The details that every build has for a job: how NVRTC is called.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">NVRTC's options.</param>
    public static Diagnostic OptionsOf(CompileJob job, IEnumerable<string> options) => new(DiagnosticSeverity.Detail, "",
        $"{job.Kernel.ProgramName}, {job.Architecture}: NVRTC's options are {string.Join(' ', options.Select(Quoted))}");

    /// <summary>The line for a kernel: <c>scale.cu: compiled for sm_90, compute_90 (2 images, 0.4 s): source changed</c>. Jobs that
    /// ended in another way each have their part.</summary>
    private static string Line(List<JobResult> results)
    {
        var parts = results.OrderBy(result => result.Job.Architecture.Number)
            .GroupBy(result => (result.Origin, result.Why)).OrderBy(group => group.Key.Origin)
            .Select(group => Part(group.Key.Origin, group.Key.Why, [.. group]));
        return $"{results[0].Job.Kernel.ProgramName}: {string.Join("; ", parts)}";
    }

    private static string Part(JobOrigin origin, string why, JobResult[] results)
    {
        var images = results.SelectMany(result => result.Record!.Images).Select(image => image.Image.Architecture).ToArray();
        var count = images.Length == 1 ? "1 image" : string.Create(CultureInfo.InvariantCulture, $"{images.Length} images");
        var targets = string.Join(", ", images);
        var seconds = results.Sum(result => result.Work.TotalSeconds);
        var what = origin switch
        {
            JobOrigin.Compiled => string.Create(CultureInfo.InvariantCulture, $"compiled for {targets} ({count}, {seconds:0.0} s)"),
            JobOrigin.Cache => $"from the compile cache for {targets} ({count})",
            JobOrigin.Sibling => $"from another configuration of the project for {targets} ({count})",
            JobOrigin.Prebuilt => $"prebuilt for {targets} ({count})",
            _ => $"fresh for {targets} ({count})",
        };
        return why.Length > 0 ? $"{what}: {why}" : what;
    }

    private void ReportJob(JobResult result)
    {
        var sizes = result.Record!.Images.Select(image => FormattableString.Invariant(
            $"{image.Image.Kind.ToString().ToLowerInvariant()} {image.Image.Bytes / 1024.0:0.0} KB"));
        var origin = result.Origin == JobOrigin.Cache ? ", from the compile cache" : "";
        report(new Diagnostic(DiagnosticSeverity.Detail, "",
            $"{result.Job.Kernel.ProgramName} -> {result.Job.Architecture} ({string.Join(", ", sizes)}{origin})"));
    }

    private static Diagnostic Message(string text) => new(DiagnosticSeverity.Message, "", text);

    private static string Quoted(string option) => option.Contains(' ', StringComparison.Ordinal) ? $"\"{option}\"" : option;
}
