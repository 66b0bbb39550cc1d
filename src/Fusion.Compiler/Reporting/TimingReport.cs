using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Reporting;

/// <summary>Says how long each compilation took, the slowest first.</summary>
internal static class TimingReport
{
    /// <summary>One notice: a line for each kernel, and below it one for each of its architectures.</summary>
    /// <param name="results">All jobs of the run.</param>
    public static Diagnostic Of(IReadOnlyList<JobResult> results)
    {
        var compiled = results.Where(result => result is { Record: not null, Origin: JobOrigin.Compiled })
            .GroupBy(result => result.Job.Kernel).OrderByDescending(Seconds).ToArray();
        if (compiled.Length == 0) return Notice("Times of kernels: none was compiled in this build.");
        var lines = compiled.SelectMany(kernel => kernel.OrderByDescending(job => job.Work)
            .Select(job => $"  {Time(job.Work.TotalSeconds)}    {job.Job.Architecture}")
            .Prepend($"  {Time(Seconds(kernel))}  {kernel.Key.ProgramName}"));
        return Notice($"Times of kernels, in seconds that threads worked ({Time(compiled.Sum(Seconds)).Trim()} in all):\n{string.Join('\n', lines)}");
    }

    private static double Seconds(IEnumerable<JobResult> jobs) => jobs.Sum(job => job.Work.TotalSeconds);

    private static string Time(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds,8:0.00}");

    private static Diagnostic Notice(string text) => new(DiagnosticSeverity.Notice, "", text);
}
