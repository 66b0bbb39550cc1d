using System.Globalization;
using Fusion.Cli.Output;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Prints measurements as they come.</summary>
/// <param name="isJson">Whether to print JSON at the end instead.</param>
/// <param name="baseline">Measurements to compare with; null for none.</param>
/// <param name="comparesKernels">Whether rows are compared with those of the built-in kernels.</param>
/// <param name="isQuiet">Whether nothing is printed, since another process does.</param>
internal sealed class BenchPrinter(bool isJson, BenchBaseline? baseline, bool comparesKernels, bool isQuiet)
{
    private readonly List<BenchRow> rows = [];

    /// <summary>Rows so far.</summary>
    public IReadOnlyList<BenchRow> Rows => rows;

    /// <summary>Prints what is measured.</summary>
    public void Start(RankGroup group, AllReduceBench bench)
    {
        if (isJson || isQuiet) return;
        var gpu = group.LocalRanks[0].Context!.Device;
        var place = group.Topology == GroupTopology.Loopback ? "on one GPU" : "a GPU each";
        if (group.LocalRanks.Count < group.WorldSize) place += ", a process each";
        if (group.Topology == GroupTopology.Machines) place += ", on several machines";
        Screen.Line($"{gpu.Name} ({gpu.Capability}), driver for CUDA {GpuDriver.Version}; {group.WorldSize} ranks, {place}");
        Screen.Line(Text(
            $"{(bench.IsEager ? "eager" : "graph")} of {bench.Iterations} calls, median of {bench.Repeats}, microseconds a call"));
        Screen.Line();
        Screen.Line($"{"hidden",7} {"tokens",7}  {"epilogue",-26} {"strategy",-9} {"median",8} {"least",8} {"most",8}" +
            (comparesKernels ? $" {"for all",9} {"ratio",6}" : baseline is null ? "" : $" {"baseline",9} {"ratio",6}"));
    }

    /// <summary>Adds a row and prints it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="forAllModels">Row of the same call with the built-in kernels; null to compare with the baseline, if
    /// any.</param>
    public void Row(BenchRow row, BenchRow? forAllModels = null)
    {
        rows.Add(row);
        if (isJson || isQuiet) return;
        var compared = (forAllModels?.MedianMicroseconds ?? baseline?.Of(row)) is { } other
            ? Text($" {other,9:0.00} {row.MedianMicroseconds / other,6:0.00}")
            : "";
        Screen.Line(Text(
            $"{row.Hidden,7} {row.Tokens,7}  {row.Epilogue,-26} {row.Strategy,-9} {row.MedianMicroseconds,8:0.00} ") +
            Text($"{row.LeastMicroseconds,8:0.00} {row.MostMicroseconds,8:0.00}") + compared);
    }

    /// <summary>Prints all rows as JSON, if that was asked for.</summary>
    public void End()
    {
        if (isJson && !isQuiet) ToolJson.Print<IReadOnlyList<BenchRow>>(rows);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
