using Llama.Cli.CommandLine;
using Llama.Cli.Runners;
using Llama.Model;
using Spectre.Console;

namespace Llama.Cli.Output;

/// <summary>Opens runners with a progress bar on standard error, if that is a terminal.</summary>
internal static class LoadBar
{
    /// <summary>Opens a runner.</summary>
    /// <param name="context">What the command works with.</param>
    /// <param name="settings">What is asked for.</param>
    /// <param name="cancellationToken">Token that ends the loading.</param>
    public static OpenedRunner Open(ToolContext context, RunnerSettings settings, CancellationToken cancellationToken)
    {
        settings = settings with { Cancellation = cancellationToken };
        foreach (var warning in settings.Passes.Warnings) context.Error.WriteLine($"warning: {warning}");
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(context.Error) });
        if (Console.IsErrorRedirected || !console.Profile.Capabilities.Ansi || !console.Profile.Capabilities.Interactive)
            return context.Runners.Open(settings, new Reports(_ => { }, cancellationToken));

        var all = WeightBytes.OfRank(settings.Model.Config, settings.Ranks) * (settings.Rendezvous is null ? settings.Ranks : 1);
        return console.Progress().AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(progress =>
            {
                var task = progress.AddTask("loading weights", maxValue: all);
                return context.Runners.Open(settings, new Reports(bytes => task.Value = bytes, cancellationToken));
            });
    }

    // On the loading thread, which a cancellation ends here.
    private sealed class Reports(Action<long> show, CancellationToken cancellationToken) : IProgress<long>
    {
        public void Report(long value)
        {
            cancellationToken.ThrowIfCancellationRequested();
            show(value);
        }
    }
}
