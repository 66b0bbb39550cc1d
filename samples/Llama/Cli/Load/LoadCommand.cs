using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Llama.Cli.CommandLine;
using Llama.Cli.Output;
using Llama.Cli.Runners;
using Llama.Serving;
using Llama.Serving.Processes;
using static Llama.Cli.CommandLine.ModelOptions;

namespace Llama.Cli.Load;

/// <summary>Command <c>llama load</c>, which measures a server under load.</summary>
internal static class LoadCommand
{
    private const int PageSize = 16;

    /// <summary>Creates the command.</summary>
    public static Command Create(ToolContext context)
    {
        var options = new ModelOptions();
        var qps = NumberOptions.Many("--qps", "Mean number of requests that come in a second.", 1.0, 5, 10);
        var input = NumberOptions.Whole("--input", "Tokens of a prompt.", 550);
        var output = NumberOptions.Whole("--output", "Tokens that are made for each.", 150);
        var seconds = NumberOptions.Whole("--seconds", "How long requests come.", 30);
        var seed = NumberOptions.Whole("--seed", "Seed of the arrivals and the prompts.", 1);
        var sequences = NumberOptions.Whole("--max-sequences", "Largest number of requests in a step.", 64);
        var chunk = NumberOptions.Whole("--max-step-tokens", "Largest number of tokens of a step; longer prompts go in chunks.", 512);
        var pages = new Option<int?>("--pages") { Description = $"Pages of the cache, of {PageSize} tokens each; by default as many as a full step can need.", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var csv = new Option<string>("--csv") { Description = "Write the rows to a file.", HelpName = "FILE" };
        var command = new Command("load", "Measure a server to which requests come at random: TTFT, TPOT and throughput.");
        options.AddTo(command, withShapes: true);
        foreach (var option in new Option[] { qps, input, output, seconds, seed, sequences, chunk, pages, json, csv }) command.Add(option);
        command.SetAction(async (line, cancellationToken) =>
        {
            // Ctrl+C is heard from here on.
            await Task.Yield();
            var process = options.Process(line, context);
            var own = context.OfRank(process.IsFirst);
            var file = process.IsFirst ? line.GetValue(csv) : null;
            Rows.ThrowUnlessWritable(file);
            var sizes = (Input: Positive(line.GetValue(input), "--input"), Output: Positive(line.GetValue(output), "--output"));
            var most = Positive(line.GetValue(sequences), "--max-sequences");
            var perRequest = (sizes.Input + sizes.Output + PageSize - 1) / PageSize;
            var model = options.Model(line);
            var settings = options.Settings(line, process, model, new(
                Positive(line.GetValue(chunk), "--max-step-tokens"), most, PageSize,
                // A page beside for each, which the scheduler keeps for those that decode.
                line.GetValue(pages) is { } given ? Positive(given, "--pages") : most * (perRequest + 1), model.Config.Context));
            var (length, start) = (TimeSpan.FromSeconds(Positive(line.GetValue(seconds), "--seconds")), line.GetValue(seed));
            var opened = LoadBar.Open(own, settings, cancellationToken);
            if (!process.IsFirst)
            {
                Follow(opened);
                cancellationToken.ThrowIfCancellationRequested();
                return ExitCodes.Success;
            }

            using var runner = opened.Group is null ? opened.Runner : Lead(opened);
            await using var server = new Server(runner);
            var run = new LoadRun(server, model.Config.Vocabulary, context.Time);
            // The first request brings what happens once: compilation, captured graphs.
            await run.RunAsync([TimeSpan.Zero], sizes.Input, sizes.Output, start, cancellationToken);
            var rows = new List<LoadRow>();
            foreach (var rate in line.GetValue(qps)!)
            {
                var before = server.Status.Preemptions;
                var times = await run.RunAsync(PoissonArrivals.Of(rate, length, start), sizes.Input, sizes.Output, start, cancellationToken);
                rows.Add(LoadRow.Of(settings, rate, sizes, times, server.Status.Preemptions - before));
            }

            if (file is not null) Rows.Csv(file, LoadRow.CsvHeader, rows.Select(row => row.CsvCells()));
            Print(own.Out, settings, rows, line.GetValue(json));
            return ExitCodes.Success;
        });
        return command;
    }

    // Which steps there are depends on when requests come, which this process alone knows.
    private static LeadingRunner Lead(OpenedRunner opened)
    {
        try
        {
            return new(opened.Runner, new(opened.Group!));
        }
        catch
        {
            opened.Runner.Dispose();
            throw;
        }
    }

    // Ctrl+C ends the process that leads, and thereby this one: its steps would not end without this rank.
    private static void Follow(OpenedRunner opened)
    {
        using var runner = opened.Runner;
        new FollowingRank(runner, new(opened.Group!)).Run();
    }

    private static void Print(TextWriter writer, RunnerSettings settings, List<LoadRow> rows, bool isJson)
    {
        if (isJson)
        {
            writer.WriteLine(JsonSerializer.Serialize(rows, RowsJson.Default.ListLoadRow));
            return;
        }

        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{settings.Model.Name} on {settings.Ranks} {(settings.Ranks == 1 ? "rank" : "ranks")} ({settings.Device}{(rows[0].IsInProcesses ? ", a process each" : "")}), all-reduce {rows[0].AllReduce}: prompts of {rows[0].Input} tokens, {rows[0].Output} made for each"));
        Rows.Table(writer, LoadRow.Titles, rows.Select(row => row.Cells()));
    }
}
