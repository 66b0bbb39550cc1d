using System.CommandLine;
using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Cli.Plots;
using Fusion.Runtime;
using static Fusion.Cli.CommandLine.ToolOptions;

namespace Fusion.Cli.Benchmarks;

/// <summary>Command <c>fusion bench</c>, which measures calls on this machine's GPUs.</summary>
internal static class BenchCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create() => new("bench", "Measure on this machine's GPUs.") { AllReduce() };

    private static Command AllReduce()
    {
        var ranks = Number("--ranks", "Number of ranks on one GPU, each with its own stream; or name their GPUs, or start a process for each by 'fusion run'.");
        var gpus = Numbers("--gpus", "Number of each rank's GPU: 0,1.");
        var hidden = Numbers("--hidden", "Elements of a token.");
        var tokens = Numbers("--tokens", "Tokens of a call.");
        var type = Choice("--dtype", "Type of the input; bf16 by default.", Types.Keys);
        var epilogue = Text("--epilogue",
            $"What follows the sum, in the words of 'fusion plan'; by default {BenchEpilogue.Default}.", "WORDS,WORDS,…");
        var strategy = Choice("--strategy", "Ask for a strategy in spite of the policy.", Strategies.Keys);
        var nccl = Text("--nccl",
            "Let NCCL sum before the separate kernels: the library, the folder that has it, or auto to let the loader find it.", "PATH");
        var limit = WorkspaceLimitOption();
        var window = new Option<bool>("--nccl-window")
        {
            Description = "Let NCCL sum in memory that it knows as a symmetric window (NCCL 2.27 and newer); compare with rows without by --baseline.",
        };
        var eager = new Option<bool>("--eager") { Description = "Launch each call, instead of a graph of calls." };
        var iterations = Number("--iterations", "Calls one behind the other, 20 by default.");
        var repeats = Number("--repeats", "How often these are timed, 15 by default; the median counts.");
        var kernels = KernelsOption();
        kernels.Description += " They are compared with those for all models.";
        var baseline = Text("--baseline", "Compare with a file that --csv wrote.", "FILE");
        var csv = Text("--csv", "Write the rows to a file.", "FILE");
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var plot = new PlotOptions();

        var command = new Command("allreduce", "Measure all-reduces, in microseconds a call on the GPU; under 'fusion run', with each rank in a process of its own.")
        {
            ranks, gpus, hidden, tokens, type, epilogue, strategy, nccl, window, limit, eager, iterations, repeats, kernels, baseline, csv,
            json,
        };
        foreach (var option in plot.All) command.Add(option);
        command.SetAction(line =>
        {
            if (plot.IsOfRows(line))
            {
                BenchPlaces.RequireNoRank("--from", "measures nothing", Environment.GetEnvironmentVariable);
                plot.Check(line);
                var (count, widths, words) = (line.GetValue(ranks), line.GetValue(hidden) ?? [], line.GetValue(epilogue)?.Split(',', StringSplitOptions.TrimEntries));
                plot.Draw(line, [.. plot.Rows(line).Where(row => (count is null || row.Ranks == count) &&
                    (widths.Length == 0 || widths.Contains(row.Hidden)) && (words is null || words.Contains(row.Epilogue)))], null);
                return ExitCodes.Success;
            }

            if (Array.Find<Option>([hidden, tokens], option => line.GetResult(option) is null) is { } missing)
                throw UsageException.OfCommandLine($"Option '{missing.Name}' is required.");
            var places = new BenchPlaces(line.GetValue(ranks), line.GetValue(gpus), Environment.GetEnvironmentVariable);
            // Of several processes, one prints and writes files.
            var isPlotted = plot.IsAskedFor(line) && places.IsFirst;
            if (places.IsFirst) plot.Check(line);
            if (line.GetValue(window)) places.RequireOneProcess("--nccl-window");
            var own = Kernels(line.GetValue(kernels));
            var hasOwn = own.Variants.Count > 0;
            if (hasOwn && line.GetValue(baseline) is not null)
                throw UsageException.OfCommandLine("Give either --kernels or --baseline: a row is compared with one other.");
            var epilogues = BenchEpilogue.Parse(line.GetValue(epilogue));
            var file = places.IsFirst ? line.GetValue(csv) : null;
            if (file is not null) BenchCsv.ThrowUnlessWritable(file);
            var printer = new BenchPrinter(
                line.GetValue(json), places.IsFirst ? BenchBaseline.Load(line.GetValue(baseline)) : null, hasOwn, isQuiet: !places.IsFirst);
            if (line.GetValue(window) && line.GetValue(nccl) is null)
                throw UsageException.OfCommandLine("Option '--nccl-window' is for NCCL: name its library by --nccl.");
            var inputs = Types[line.GetValue(type) ?? "bf16"];
            using var group = places.Open();
            using var library = line.GetValue(nccl) is { } path ? new NcclAllReduce(
                group, path == "auto" ? null : path, line.GetValue(window) ? LargestInput(line.GetValue(hidden)!, line.GetValue(tokens)!, inputs) : 0) : null;
            AllReduceBench Bench(AllReduceStrategy? strategy) => new(group)
            {
                Library = library,
                Type = inputs,
                Strategy = strategy,
                WorkspaceLimitBytes = WorkspaceLimit(line.GetValue(limit)),
                IsEager = line.GetValue(eager),
                Iterations = Positive(line.GetValue(iterations) ?? 20, "--iterations"),
                Repeats = Positive(line.GetValue(repeats) ?? 15, "--repeats"),
            };
            // A plot shows what the choice is among.
            AllReduceStrategy?[] compared = library is null ? [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot]
                : [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];
            var benches = line.GetValue(strategy) is { } forced ? [Bench(Strategies[forced])]
                : plot.IsAskedFor(line) ? [.. compared.Select(Bench)] : new[] { Bench(null) };
            printer.Start(group, benches[0]);
            var calls = (from size in line.GetValue(hidden)!
                         from count in line.GetValue(tokens)!
                         from what in epilogues
                         from bench in benches
                         select (size, count, what, bench)).ToList();
            Screen.LongWork(isQuiet: line.GetValue(json) || !places.IsFirst, calls.Count, next =>
            {
                foreach (var (size, count, what, bench) in calls)
                {
                    next(string.Create(CultureInfo.InvariantCulture, $"{what}, {count} {(count == 1 ? "token" : "tokens")} of {size}"));
                    var row = bench.Measure(size, count, what, own);
                    printer.Row(row, row.IsForOneModel ? bench.Measure(size, count, what, AllReduceKernels.BuiltIn) : null);
                }
            });
            printer.End();
            if (file is not null) BenchCsv.Write(file, printer.Rows);
            if (isPlotted) plot.Draw(line, printer.Rows, group.LocalRanks[0].Context!.Device.Capability);
            return ExitCodes.Success;
        });
        return command;
    }

    private static long LargestInput(int[] hidden, int[] tokens, ElementType type) => DeviceTensor.ByteCount(type, (long)hidden.Max() * tokens.Max());
}
