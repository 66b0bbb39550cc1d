using Spectre.Console;

namespace Fusion.Cli.Output;

/// <summary>Progress bar for long work, below the output that is printed meanwhile. It disappears when the work has
/// ended.</summary>
internal static class LongWork
{
    /// <summary>Runs work in steps, with a progress bar and the time that is left by the steps of the last half minute.</summary>
    /// <param name="console">Console to draw on; one that is no terminal, such as a file or a pipe, shows no bar.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="work">Work to run, which calls its argument with a description before each step.</param>
    public static void Run(IAnsiConsole console, int steps, Action<Action<string>> work)
    {
        var capabilities = console.Profile.Capabilities;
        if (!capabilities.Ansi || !capabilities.Interactive)
        {
            work(_ => { });
            return;
        }

        // The bar hides the cursor, and Ctrl+C ends the process without its end.
        ConsoleCancelEventHandler showCursor = (_, _) => console.Cursor.Show();
        Console.CancelKeyPress += showCursor;
        try
        {
            Draw(console, steps, work);
        }
        finally
        {
            Console.CancelKeyPress -= showCursor;
        }
    }

    private static void Draw(IAnsiConsole console, int steps, Action<Action<string>> work)
    {
        // The bar is drawn only between the steps, since a drawing thread would disturb measurements.
        console.Progress().AutoRefresh(false).AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
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
