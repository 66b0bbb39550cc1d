using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Reporting;

/// <summary>Tells of kernels that spill registers, in each build: a message, or a warning where the kernel asks for it.</summary>
internal static class SpillReport
{
    /// <summary>What is to be reported of finished jobs.</summary>
    /// <param name="results">Jobs that have a record.</param>
    public static IEnumerable<Diagnostic> Of(IEnumerable<JobResult> results) =>
        from result in results
        from spill in result.Record!.Spills
        select Describe(result.Job, spill);

    private static Diagnostic Describe(CompileJob job, RecordedSpill spill)
    {
        var bytes = spill.StoreBytes is { } stores && spill.LoadBytes is { } loads
            ? $"{spill.FrameBytes} bytes a thread in local memory, {stores} bytes of stores and {loads} bytes of loads"
            : $"{spill.FrameBytes} bytes a thread in local memory beyond its arrays";
        var found = $"the kernel '{spill.Kernel}' spills registers for {job.Architecture}: {bytes}.";
        return job.Kernel.WarnOnSpills
            ? new Diagnostic(DiagnosticSeverity.Warning, Codes.Spills,
                $"T{found[1..]} Allow it more registers (MaxRegisters, __launch_bounds__) or let it keep fewer values at a time; "
                + "set WarnOnSpills to false where the spill is meant.", job.Kernel.Source)
            : new Diagnostic(DiagnosticSeverity.Message, "", $"{job.Kernel.ProgramName}: {found}");
    }
}
