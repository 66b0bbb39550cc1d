using System.CommandLine;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;

namespace Fusion.Cli.Inspection;

/// <summary>Command <c>fusion inspect</c>, which shows the kernels of an assembly or the differences of two, without a
/// GPU.</summary>
internal static class InspectCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var assemblies = new Argument<string[]>("assembly")
        {
            Description = "File of an assembly that was built with Fusion.Sdk; with --diff, two of them.",
            Arity = new ArgumentArity(1, 2),
        };
        var diff = new Option<bool>("--diff")
        {
            Description = "Compare the kernels of two assemblies. Exit code 0 if their code is the same, 1 if not.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("inspect", "Show the GPU kernels in an assembly, or compare two. None of its code is run.")
        {
            assemblies, diff, json,
        };
        command.SetAction(line =>
        {
            var files = line.GetValue(assemblies)!;
            return line.GetValue(diff) ? Compare(files, line.GetValue(json)) : Show(files, line.GetValue(json));
        });
        return command;
    }

    private static int Show(string[] files, bool isJson)
    {
        if (files is not [var file]) throw UsageException.OfCommandLine("Name one assembly; to compare two, add --diff.");
        var report = InspectReport.Of(file);
        if (isJson) ToolJson.Print(report);
        else InspectPrinter.Print(report);
        return report.Problems.Count > 0 ? ExitCodes.Problem : ExitCodes.Success;
    }

    private static int Compare(string[] files, bool isJson)
    {
        if (files is not [var before, var after])
            throw UsageException.OfCommandLine("--diff compares two assemblies, but one is named: fusion inspect --diff BEFORE AFTER.");
        var report = DiffReport.Of(InspectReport.Of(before), InspectReport.Of(after));
        if (isJson) ToolJson.Print(report);
        else DiffPrinter.Print(report, before, after);
        return report.IsSame && report.Problems.Count == 0 ? ExitCodes.Success : ExitCodes.Problem;
    }
}
