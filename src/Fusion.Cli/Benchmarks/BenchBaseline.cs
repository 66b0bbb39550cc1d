namespace Fusion.Cli.Benchmarks;

/// <summary>Measurements to compare with.</summary>
internal sealed class BenchBaseline
{
    private readonly Dictionary<(int, int, int, string, string), BenchRow> rows;

    private BenchBaseline(IEnumerable<BenchRow> rows) =>
        this.rows = rows.GroupBy(row => row.Call).ToDictionary(same => same.Key, same => same.MinBy(row => row.MedianMicroseconds)!);

    /// <summary>Reads them.</summary>
    /// <param name="file">A file of rows; null for none.</param>
    /// <returns>Null for none.</returns>
    /// <exception cref="CommandLine.UsageException">The file cannot be read.</exception>
    public static BenchBaseline? Load(string? file) => file is null ? null : new(BenchCsv.Read(file));

    /// <summary>The fastest measurement of the same call; null if there is none.</summary>
    public double? Of(BenchRow row) => rows.TryGetValue(row.Call, out var other) ? other.MedianMicroseconds : null;
}
