namespace Fusion.Cli.Benchmarks;

/// <summary>Earlier measurements to compare with.</summary>
internal sealed class BenchBaseline
{
    private readonly Dictionary<(int, int, int, string, string), BenchRow> rows;

    private BenchBaseline(IEnumerable<BenchRow> rows) =>
        this.rows = rows.GroupBy(row => row.Call).ToDictionary(same => same.Key, same => same.MinBy(row => row.MedianMicroseconds)!);

    /// <summary>Reads the measurements of a file.</summary>
    /// <param name="file">Path of a file of rows; null for none.</param>
    /// <returns>The measurements; null without a file.</returns>
    /// <exception cref="CommandLine.UsageException">The file cannot be read.</exception>
    public static BenchBaseline? Load(string? file) => file is null ? null : new(BenchCsv.Read(file));

    /// <summary>Gets the time of the fastest measurement of the same call in microseconds; null if there is none.</summary>
    public double? Of(BenchRow row) => rows.TryGetValue(row.Call, out var other) ? other.MedianMicroseconds : null;
}
