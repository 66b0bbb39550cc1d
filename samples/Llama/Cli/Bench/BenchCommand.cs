using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Llama.Cli.CommandLine;
using Llama.Cli.Output;
using Llama.Cli.Runners;
using Llama.Model;
using static Llama.Cli.CommandLine.ModelOptions;

namespace Llama.Cli.Bench;

/// <summary>Command <c>llama bench</c>, which measures decode steps.</summary>
internal static class BenchCommand
{
    private const string CsvHeader = "model,device,ranks,all_reduce,batch,context,median_ms,min_ms,max_ms,tokens_per_s,floor_ms";

    /// <summary>Creates the command.</summary>
    public static Command Create(ToolContext context)
    {
        var options = new ModelOptions();
        var batches = NumberOptions.Many("--batch", "Number of sequences of a step.", 1, 8, 32);
        var length = NumberOptions.Whole("--context", "Tokens of each sequence before the step.", 550);
        var repeats = NumberOptions.Whole("--repeats", "Number of steps that are measured; the median counts.", 21);
        var warmUps = NumberOptions.Whole("--warm-ups", "Number of steps before those, in which the host's code gets its final form too.", 50);
        var bandwidth = new Option<double?>("--bandwidth")
        {
            Description = "Bandwidth of a rank's memory in GB/s, from which the floor is computed: the time to read the weights once.",
            HelpName = "GB/s",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var csv = new Option<string>("--csv") { Description = "Write the rows to a file.", HelpName = "FILE" };
        var command = new Command("bench", "Measure decode steps, in milliseconds.");
        options.AddTo(command, withShapes: true);
        foreach (var option in new Option[] { batches, length, repeats, warmUps, bandwidth, json, csv }) command.Add(option);
        command.SetAction(async (line, cancellationToken) =>
        {
            // Ctrl+C is heard from here on.
            await Task.Yield();
            var process = options.Process(line, context);
            var own = context.OfRank(process.IsFirst);
            var file = process.IsFirst ? line.GetValue(csv) : null;
            Rows.ThrowUnlessWritable(file);
            if (line.GetValue(bandwidth) is { } rate && !(rate > 0 && double.IsFinite(rate)))
                throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"Option '--bandwidth' is {rate}, but must be above 0."));
            var (sizes, tokens) = (line.GetValue(batches)!, Positive(line.GetValue(length), "--context"));
            var (count, before) = (Positive(line.GetValue(repeats), "--repeats"), Math.Max(0, line.GetValue(warmUps)));
            var model = options.Model(line);
            if (tokens >= model.Config.Context)
                throw new UsageException($"Option '--context' is {tokens}, but the model's context has {model.Config.Context} tokens, one of which is made by the step.");
            var settings = options.Settings(line, process, model, DecodeBench.LimitsFor(sizes, tokens));
            var opened = LoadBar.Open(own, settings, cancellationToken);
            using var runner = opened.Runner;
            var bench = new DecodeBench(runner, context.Time);
            var rows = new List<BenchRow>();
            foreach (var size in sizes)
            {
                var times = bench.Measure(size, tokens, before, count, cancellationToken);
                rows.Add(Row(settings, size, tokens, times, line.GetValue(bandwidth) ?? opened.BandwidthGBs));
            }

            if (file is not null) Rows.Csv(file, CsvHeader, rows.Select(Cells));
            Print(own.Out, rows, line.GetValue(json));
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Makes a row of times.</summary>
    /// <param name="settings">What ran.</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="context">Number of tokens before the step.</param>
    /// <param name="times">Times of the steps, shortest first.</param>
    /// <param name="bandwidth">Bandwidth of a rank's memory in GB/s; null if it is unknown.</param>
    public static BenchRow Row(RunnerSettings settings, int batch, int context, TimeSpan[] times, double? bandwidth)
    {
        var middle = times.Length / 2;
        var median = times.Length % 2 == 1 ? times[middle].TotalMilliseconds : (times[middle - 1] + times[middle]).TotalMilliseconds / 2;
        return new(
            settings.Model.Name, settings.Device, settings.Ranks, settings.AllReduce.ToString().ToLowerInvariant(), batch, context,
            median, times[0].TotalMilliseconds, times[^1].TotalMilliseconds, batch / median * 1000,
            bandwidth is { } rate ? WeightBytes.OfStep(settings.Model.Config, settings.Ranks) / rate / 1e6 : null)
        { IsInProcesses = settings.Rendezvous is not null };
    }

    private static void Print(TextWriter writer, List<BenchRow> rows, bool isJson)
    {
        if (isJson)
        {
            writer.WriteLine(JsonSerializer.Serialize(rows, RowsJson.Default.ListBenchRow));
            return;
        }

        var first = rows[0];
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{first.Model} on {first.Ranks} {(first.Ranks == 1 ? "rank" : "ranks")} ({first.Device}{(first.IsInProcesses ? ", a process each" : "")}), all-reduce {first.AllReduce}: a decode step at context {first.Context}"));
        Rows.Table(
            writer, ["batch", "median ms", "min ms", "max ms", "tokens/s", "floor ms", "of floor"],
            rows.Select(row => (string[])[
                Rows.Cell(row.Batch, 0), Rows.Cell(row.MedianMs, 3), Rows.Cell(row.LeastMs, 3), Rows.Cell(row.MostMs, 3),
                Rows.Cell(row.TokensPerSecond, 1), Rows.Cell(row.FloorMs, 3), Rows.Cell(row.MedianMs / row.FloorMs, 2)]));
    }

    private static object?[] Cells(BenchRow row) =>
    [
        row.Model, row.Device, row.Ranks, row.AllReduce, row.Batch, row.Context, Rows.Cell(row.MedianMs, 4), Rows.Cell(row.LeastMs, 4),
        Rows.Cell(row.MostMs, 4), Rows.Cell(row.TokensPerSecond, 2), row.FloorMs is { } floor ? Rows.Cell(floor, 4) : null,
    ];
}
