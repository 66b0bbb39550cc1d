using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llama.Cli.Bench;
using Llama.Cli.Load;
using Spectre.Console;

namespace Llama.Cli.Output;

/// <summary>Rows of figures as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(List<BenchRow>))]
[JsonSerializable(typeof(List<LoadRow>))]
internal sealed partial class RowsJson : JsonSerializerContext;

/// <summary>Writes rows of figures: a table for people, CSV and JSON for programs.</summary>
internal static class Rows
{
    private const int Unlimited = 100_000;

    /// <summary>Writes a table.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="titles">Titles of the columns.</param>
    /// <param name="rows">Cells of each row.</param>
    public static void Table(TextWriter writer, IReadOnlyList<string> titles, IEnumerable<IReadOnlyList<string>> rows)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new()
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = Unlimited;
        var table = new Table { Border = TableBorder.Markdown };
        foreach (var title in titles) table.AddColumn(new TableColumn(new Text(title)) { Alignment = Justify.Right, NoWrap = true });
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
        // The border has a blank line above and below.
        writer.WriteLine(text.ToString().Trim());
    }

    /// <summary>Writes a file of CSV: a header, then a line for each row.</summary>
    /// <param name="file">Path of the file, which is overwritten.</param>
    /// <param name="header">Names of the columns.</param>
    /// <param name="rows">Cells of each row; null for an empty one.</param>
    public static void Csv(string file, string header, IEnumerable<IReadOnlyList<object?>> rows) =>
        File.WriteAllLines(file, rows.Select(row => string.Join(',', row.Select(CsvCell))).Prepend(header));

    /// <summary>Throws unless a file can be written, before minutes of measuring. Its content stays.</summary>
    /// <param name="file">Path of the file; null for none.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void ThrowUnlessWritable(string? file)
    {
        if (file is null) return;
        var isThere = File.Exists(file);
        new FileStream(file, FileMode.Append, FileAccess.Write).Dispose();
        // An empty file would look like a result if nothing came of it.
        if (!isThere) File.Delete(file);
    }

    /// <summary>Formats a number with some decimals, or a dash for none.</summary>
    public static string Cell(double? value, int decimals) => value is { } number ? number.ToString($"F{decimals}", CultureInfo.InvariantCulture) : "-";

    private static string CsvCell(object? cell)
    {
        var text = Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
