using Spectre.Console;

namespace Fusion.Cli.Output;

/// <summary>A bar for work that takes a while, under what is printed meanwhile. It is gone when the work has ended.</summary>
internal static class LongWork
{
    /// <summary>Does work step by step.</summary>
    /// <param name="console">The terminal. One that cannot draw, a file or a pipe say, shows no bar.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="work">Does all of them. It calls its argument with what comes next before each step.</param>
    public static void Run(IAnsiConsole console, int steps, Action<Action<string>> work)
    {
        var capabilities = console.Profile.Capabilities;
        if (!capabilities.Ansi || !capabilities.Interactive)
        {
            work(_ => { });
            return;
        }

        // Drawn between the steps alone: a thread that draws would be beside what is measured.
        console.Progress().AutoRefresh(false).AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(progress =>
            {
                var task = progress.AddTask("starting", maxValue: steps);
                var done = 0;
                work(next =>
                {
                    task.Value = done++;
                    task.Description = Markup.Escape(next);
                    progress.Refresh();
                });
            });
    }
}
