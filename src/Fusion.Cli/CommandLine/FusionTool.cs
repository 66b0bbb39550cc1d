using System.CommandLine;
using System.CommandLine.Help;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.Caching;
using Fusion.Cli.Doctor;
using Fusion.Cli.Graphs;
using Fusion.Cli.Inspection;
using Fusion.Cli.Output;
using Fusion.Cli.Planning;
using Fusion.Cli.Running;
using Fusion.Cli.Tuning;
using Fusion.Runtime;

namespace Fusion.Cli.CommandLine;

/// <summary>Command line of the tool.</summary>
internal static class FusionTool
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">Arguments of the command line.</param>
    /// <returns>Exit code, one of <see cref="ExitCodes"/>, or of <c>fusion run</c> that of the program.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        StandardOutput.Open();
        var root = new RootCommand(
            "Plans and measures all-reduces, fuses those of a graph, shows the GPU kernels in an assembly, checks this machine, starts ranks.")
        {
            PlanCommand.Create(),
            GraphCommand.Create(),
            InspectCommand.Create(),
            DoctorCommand.Create(),
            BenchCommand.Create(),
            TuneCommand.Create(),
            CacheCommand.Create(),
            RunCommand.Create(),
        };
        if (root.Options.OfType<HelpOption>().FirstOrDefault() is { Action: HelpAction help } option)
            option.Action = new HelpWithExitCodes(help);

        var parsed = root.Parse([.. arguments]);
        try
        {
            // Help needs none of the required options.
            var isMisused = parsed.Errors.Count > 0 && parsed.Action is not (HelpAction or HelpWithExitCodes);
            if (isMisused)
                throw UsageException.OfCommandLine(string.Join(Environment.NewLine, parsed.Errors.Select(e => e.Message)));
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (UsageException e)
        {
            var command = parsed.CommandResult.Command;
            var name = command == root ? "fusion" : $"fusion {command.Name}";
            PrintError(e.Message);
            if (e.IsOfCommandLine) PrintError($"{name} --help explains the command line.");
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is IFusionError)
        {
            PrintError(e.Message);
            return ExitCodes.Problem;
        }
        catch (Exception e) when (e is OutputException or IOException or UnauthorizedAccessException)
        {
            PrintError(e.Message);
            return ExitCodes.Usage;
        }
    }

    private static void PrintError(string message)
    {
        try
        {
            Console.Error.WriteLine(message);
        }
        catch (IOException)
        {
            // Standard error cannot be written either; the exit code reports the fault.
        }
    }
}
