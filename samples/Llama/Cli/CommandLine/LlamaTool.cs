using System.CommandLine;
using System.CommandLine.Help;
using Fusion.Runtime;
using Llama.Cli.Bench;
using Llama.Cli.Generate;
using Llama.Cli.Load;
using Llama.Cli.Logits;
using Llama.Model;
using Llama.Model.Running;
using Llama.Serving;

namespace Llama.Cli.CommandLine;

/// <summary>Command line of the program.</summary>
internal static class LlamaTool
{
    // How long a step may take that Ctrl+C interrupts, before the process ends without an end of its own.
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(10);

    /// <summary>Runs a command line.</summary>
    /// <param name="context">What the commands work with.</param>
    /// <param name="arguments">Arguments of the command line.</param>
    /// <param name="cancellationToken">Token that ends the command, as Ctrl+C does.</param>
    /// <returns>Exit code, one of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(ToolContext context, IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Runs models of the Llama family on several ranks, and measures them.")
        {
            GenerateCommand.Create(context),
            BenchCommand.Create(context),
            LoadCommand.Create(context),
            LogitsCommand.Create(context),
            RandomCommand.Create(),
        };
        var parsed = root.Parse([.. arguments]);
        try
        {
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
                throw new UsageException(string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)));
            return await parsed.InvokeAsync(
                new() { Output = context.Out, Error = context.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeToEnd }, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception e) when (e is UsageException or CheckpointException or IOException or UnauthorizedAccessException)
        {
            await context.Error.WriteLineAsync(e.Message);
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is RequestRefusedException or StepFailedException or ServerStoppedException or LogitsException or IFusionError)
        {
            await context.Error.WriteLineAsync(e.Message);
            return ExitCodes.Problem;
        }
    }
}
