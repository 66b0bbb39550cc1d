using System.Globalization;
using Spectre.Console;

namespace Fusion.Cli.Output;

/// <summary>Prints text for people: tables that fit a terminal, or plain text without wrapping into a file or
/// pipe.</summary>
internal static class Screen
{
    private const int Unlimited = 100_000;

    private static readonly IAnsiConsole Standard = Create();
    private static bool hasBar;

    /// <summary>Prints a line without markup.</summary>
    public static void Line(string text = "")
    {
        // Output that bypasses the console would break the progress bar.
        if (hasBar) Standard.Write(new Text(text + Environment.NewLine));
        else Console.Out.WriteLine(text);
    }

    /// <summary>Runs work with a progress bar below the output, on a terminal; see <see cref="LongWork"/>.</summary>
    /// <param name="isQuiet">Whether no bar is shown, because the output is for a program.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="work">Work to run, which calls its argument with a description before each step.</param>
    public static void LongWork(bool isQuiet, int steps, Action<Action<string>> work)
    {
        if (isQuiet)
        {
            work(_ => { });
            return;
        }

        hasBar = true;
        try
        {
            Output.LongWork.Run(Standard, steps, work);
        }
        finally
        {
            hasBar = false;
        }
    }

    /// <summary>Prints a table, indented under the line before it.</summary>
    /// <param name="titles">Titles of the columns; a title that ends in a blank is of a column of numbers.</param>
    /// <param name="rows">Cells of each row.</param>
    public static void Table(IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var title in titles)
        {
            var column = new TableColumn(new Text(title.Trim(), new Style(decoration: Decoration.Bold))) { NoWrap = true };
            column.Alignment = title.EndsWith(' ') ? Justify.Right : Justify.Left;
            column.Padding = new Padding(2, 0, 1, 0);
            table.AddColumn(column);
        }

        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)));
        Standard.Write(table);
    }

    /// <summary>Formats a size for people: 125,829,376 bytes (120 MiB).</summary>
    /// <param name="bytes">Number of bytes.</param>
    public static string Bytes(long bytes)
    {
        string[] units = ["KiB", "MiB", "GiB", "TiB"];
        var exact = string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes");
        if (bytes < 1024) return exact;
        var power = Math.Min(units.Length, (int)Math.Log(bytes, 1024));
        return string.Create(CultureInfo.InvariantCulture, $"{exact} ({bytes / Math.Pow(1024, power):0.#} {units[power - 1]})");
    }

    private static IAnsiConsole Create()
    {
        var redirected = Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
            Out = new AnsiConsoleOutput(Console.Out),
        });
        if (redirected) console.Profile.Width = Unlimited;
        return console;
    }
}
