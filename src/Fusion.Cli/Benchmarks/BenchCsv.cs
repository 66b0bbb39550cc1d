using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Manifest;

namespace Fusion.Cli.Benchmarks;

/// <summary>Reads and writes measurements as CSV: a header, then a line for each row. No value contains a comma.</summary>
internal static class BenchCsv
{
    private const string Header =
        "gpu,ranks,topology,hidden,tokens,dtype,epilogue,strategy,launch,median_us,min_us,max_us";

    /// <summary>Writes rows to a file, and replaces its content.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="rows">Rows to write.</param>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static void Write(string file, IEnumerable<BenchRow> rows)
    {
        OutputFile.Write("The rows", file, path => File.WriteAllLines(path, rows.Select(Line).Prepend(Header)));
    }

    /// <summary>Throws unless rows can be written to a file, before they are measured. The file's content stays.</summary>
    /// <param name="file">Path of the file.</param>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static void ThrowUnlessWritable(string file) =>
        OutputFile.Write("The rows", file, path => new FileStream(path, FileMode.Append, FileAccess.Write).Dispose());

    /// <summary>Reads rows from a file.</summary>
    /// <param name="file">Path of a file from <see cref="Write"/>; lines that begin with # are comments.</param>
    /// <exception cref="UsageException">The file cannot be read, or a line is no row.</exception>
    public static IReadOnlyList<BenchRow> Read(string file) => CsvLines.Read(file, Header, Row);

    /// <summary>Reads a whole number of 0 or more.</summary>
    public static bool TryInt(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>Reads a number.</summary>
    public static bool TryDouble(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static string Line(BenchRow row) => string.Create(CultureInfo.InvariantCulture,
        $"{row.Gpu},{row.Ranks},{row.Topology},{row.Hidden},{row.Tokens},{row.DataType},{row.Epilogue},{row.Strategy}," +
        $"{row.Launch},{row.MedianMicroseconds:0.###},{row.LeastMicroseconds:0.###},{row.MostMicroseconds:0.###}");

    private static BenchRow? Row(string[] cells)
    {
        var isRow = TryInt(cells[1], out var ranks) & TryInt(cells[3], out var hidden) & TryInt(cells[4], out var tokens) &
            TryDouble(cells[9], out var median) & TryDouble(cells[10], out var least) & TryDouble(cells[11], out var most) & EpilogueWords.TryParse(cells[6], out _, out _);
        return isRow
            ? new(cells[0], ranks, cells[2], hidden, tokens, cells[5], cells[6], cells[7], cells[8], median, least, most)
            : null;
    }
}
