using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;

namespace Fusion.Cli.Benchmarks;

/// <summary>Reads files of comma-separated values, in which no value contains a comma.</summary>
internal static class CsvLines
{
    /// <summary>Reads the rows of a file.</summary>
    /// <typeparam name="T">Type of a row.</typeparam>
    /// <param name="file">Path of the file; lines that begin with # are comments.</param>
    /// <param name="header">First line of such a file.</param>
    /// <param name="row">Function that makes a row of as many values as the header has, or null if they make none.</param>
    /// <exception cref="UsageException">The file cannot be read, or a line is no row.</exception>
    public static IReadOnlyList<T> Read<T>(string file, string header, Func<string[], T?> row)
        where T : class
    {
        try
        {
            var count = header.Split(',').Length;
            var lines = File.ReadAllLines(file).Select((text, i) => (Text: text, Number: i + 1))
                .Where(line => line.Text.Length > 0 && line.Text[0] != '#' && line.Text != header);
            return
            [
                .. lines.Select(line => (line.Text.Split(',') is var cells && cells.Length == count ? row(cells) : null)
                    ?? throw new UsageException($"{file}({line.Number}): '{line.Text}' is no row; expected {header}.")),
            ];
        }
        catch (Exception e) when (OutputFile.IsOfFiles(e))
        {
            throw new UsageException($"'{file}' cannot be read: {e.Message}");
        }
    }
}
