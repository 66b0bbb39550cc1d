using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Logs;

namespace Fusion.Compiler.Reporting;

/// <summary>Collects what a run reports and passes it on: each error once, warnings kept for the builds that have nothing to do.
/// For many threads at a time.</summary>
/// <param name="print">Gets every diagnostic; may be called on any thread, one at a time.</param>
internal sealed class RunLog(Action<Diagnostic> print)
{
    private readonly Lock gate = new();
    private readonly List<Diagnostic> repeated = [];
    private readonly HashSet<string> errors = new(StringComparer.Ordinal);
    private bool hasFailed;

    /// <summary>Whether an error was reported, or a job failed.</summary>
    public bool HasFailed
    {
        get
        {
            lock (gate) return hasFailed;
        }
    }

    /// <summary>What a following build reports again if it has nothing to do: warnings, and how to get at each kernel's images.
    /// </summary>
    public IReadOnlyList<Diagnostic> Repeated => repeated;

    /// <summary>Reports a diagnostic. A mistake in a property of the project is found in each of its kernels and reported once.
    /// </summary>
    public void Report(Diagnostic diagnostic)
    {
        lock (gate)
        {
            if (diagnostic.Severity == DiagnosticSeverity.Error && !errors.Add(diagnostic.ToLine())) return;
            hasFailed |= diagnostic.Severity == DiagnosticSeverity.Error;
            if (diagnostic.Severity == DiagnosticSeverity.Warning) repeated.Add(diagnostic);
            print(diagnostic);
        }
    }

    /// <summary>Reports a diagnostic that a build with nothing to do does not report again.</summary>
    public void ReportOnce(Diagnostic diagnostic)
    {
        lock (gate) print(diagnostic);
    }

    /// <summary>Reports a message now, and again in a build that has nothing to do.</summary>
    public void ReportAlways(Diagnostic message)
    {
        Report(message);
        RepeatLater(message);
    }

    /// <summary>Lets a build that has nothing to do report a message.</summary>
    public void RepeatLater(Diagnostic message)
    {
        lock (gate) repeated.Add(message);
    }

    /// <summary>Reports what finished jobs found: once for all architectures of a kernel, and once for a header that several
    /// kernels include.</summary>
    public void Report(JobResult[] results)
    {
        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kernel in results.GroupBy(result => result.Job.Kernel))
        {
            foreach (var diagnostic in DiagnosticMerger.Merge([.. kernel.Select(result => (result.Job.Architecture, result.Diagnostics))]))
            {
                if (reported.Add(diagnostic.ToLine())) Report(diagnostic);
            }
        }

        lock (gate) hasFailed |= results.Any(result => result.Record is null);
    }
}
