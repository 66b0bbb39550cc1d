using Fusion.Cli.Output;

namespace Fusion.Cli.Inspection;

/// <summary>Prints for people how two assemblies differ.</summary>
internal static class DiffPrinter
{
    /// <summary>Prints a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="before">First file, as the command line names it.</param>
    /// <param name="after">Second file, as the command line names it.</param>
    public static void Print(DiffReport report, string before, string after)
    {
        Screen.Line($"- {before}: {Describe(report.Before)}");
        Screen.Line($"+ {after}: {Describe(report.After)}");
        List("removed", "-", report.Removed);
        List("added", "+", report.Added);
        if (report.Changed.Count > 0)
        {
            Screen.Line();
            Screen.Line("changed:");
            Screen.Table(["kernel", "image", "module", "figure", "before", "", "after"], report.Changed.SelectMany(kernel => kernel.Figures
                .Select(change => (IReadOnlyList<string>)
                    [kernel.Kernel, kernel.Image, kernel.Module, change.Figure, change.Before, "→", change.After])));
        }

        Screen.Line();
        var unchanged = InspectPrinter.Count(report.Unchanged, "kernel");
        Screen.Line(report.IsSame
            ? $"No difference in {unchanged}."
            : $"{report.Removed.Count} removed, {report.Added.Count} added, {report.Changed.Count} changed, {report.Unchanged} the same.");
        foreach (var problem in report.Problems) Screen.Line($"  {problem}");
    }

    private static void List(string title, string sign, IReadOnlyList<KernelPlace> kernels)
    {
        if (kernels.Count == 0) return;
        Screen.Line();
        Screen.Line($"{title}:");
        foreach (var kernel in kernels) Screen.Line($"{sign} {kernel.Kernel}  {kernel.Image}  {kernel.Module}");
    }

    private static string Describe(DiffSide side) =>
        side.Nvrtc is null ? $"{side.Assembly}, no kernels" : $"{side.Assembly}, Fusion.Sdk {side.Compiler}, NVRTC {side.Nvrtc}";
}
