using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Runtime;
using static Fusion.Cli.CommandLine.ToolOptions;

namespace Fusion.Cli.Tuning;

/// <summary>Command <c>fusion tune</c>, which makes a policy: from measurements on this machine's GPUs or, without a GPU, from
/// rows of earlier ones.</summary>
internal static class TuneCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("ROWS")
        {
            Description = "Files that 'fusion bench allreduce --csv' wrote, with several strategies; without any, this machine's GPUs are measured.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var architecture = Text("--arch", "With ROWS: the GPUs that were measured: sm_90 for an H100 or H200.", "ARCH");
        var output = Text("--out", "Write the policy here, for AllReducePolicy.Load and 'fusion plan --policy'.", "FILE");
        var gpus = Numbers("--gpus", "Without ROWS: numbers of the GPUs to measure; all by default.");
        var hidden = Numbers("--hidden", "Without ROWS: elements of a token; 4096 and 8192 by default.");
        var tokens = Numbers("--tokens", "Without ROWS: tokens of a call; by default those of 16 KiB to 48 MiB.");
        var nccl = Text("--nccl", "Without ROWS: find two-shot's limit too, against NCCL: the library, its folder, or auto.", "PATH");
        var iterations = Number("--iterations", "Without ROWS: calls one behind the other, 20 by default.");
        var repeats = Number("--repeats", "Without ROWS: how often these are timed, 7 by default; the median counts.");
        Option[] ofMeasuring = [gpus, hidden, tokens, nccl, iterations, repeats];
        var command = new Command("tune", "Find the limits between strategies that lose least by measurements.") { files, architecture, output };
        foreach (var option in ofMeasuring) command.Add(option);
        command.SetAction(line =>
        {
            var rows = line.GetValue(files) ?? [];
            var given = Array.Find(rows.Length > 0 ? ofMeasuring : [architecture], option => line.GetResult(option) is OptionResult { Implicit: false });
            if (given is not null)
            {
                throw UsageException.OfCommandLine(rows.Length > 0
                    ? $"Option '{given.Name}' is for measuring, but rows are given, which were measured."
                    : "Option '--arch' is for files of rows; a GPU that is measured says itself what it is.");
            }

            if (rows.Length > 0)
            {
                FromRows(rows, line.GetValue(architecture), line.GetValue(output));
                return ExitCodes.Success;
            }

            var sizes = new TuneSizes { HasLibrary = line.GetValue(nccl) is not null };
            if (line.GetValue(hidden) is { Length: > 0 } widths) sizes = sizes with { Hidden = widths };
            if (line.GetValue(tokens) is { Length: > 0 } counts) sizes = sizes with { Tokens = counts };
            new TuneRun
            {
                Sizes = sizes,
                Nccl = line.GetValue(nccl),
                Iterations = Positive(line.GetValue(iterations) ?? 20, iterations.Name),
                Repeats = Positive(line.GetValue(repeats) ?? 7, repeats.Name),
            }.Run(line.GetValue(gpus) is { Length: > 0 } named ? named : null, line.GetValue(output));
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Prints limits as a table.</summary>
    public static void Print(IReadOnlyList<TunedLimits> limits) => Screen.Table(
        ["ranks ", "on", "one-shot up to ", "two-shot up to ", "calls ", "mean loss ", "worst "],
        limits.Select(row => new[]
        {
            Digits(row.Ranks), row.Topology == GroupTopology.Loopback ? "one GPU" : "a GPU each", Digits(row.OneShotUpTo),
            row.TwoShotUpTo is { } most ? Digits(most) : "no end", Digits(row.Calls), Percent(row.MeanLoss), Percent(row.WorstLoss),
        }));

    private static void FromRows(string[] files, string? architecture, string? output)
    {
        if (architecture is null)
            throw UsageException.OfCommandLine("Option '--arch' is required: rows do not say which architecture was measured, as in --arch sm_90.");
        // A policy is for chips, while sm_90a is a target of the compiler.
        var chip = $"sm_{Capability(architecture).Number}";
        var rows = files.SelectMany(BenchCsv.Read).ToList();
        var limits = TunedLimits.Of(rows);
        if (limits.Count == 0)
        {
            throw new UsageException(
                $"{rows.Count} rows, but no call in them was measured with two strategies, so there is nothing to choose " +
                $"between. Measure the same calls with --strategy one-shot, two-shot and separate.");
        }

        Print(limits);
        if (output is not null) Save(output, limits, chip, rows[0].Gpu);
    }

    private static void Save(string file, IReadOnlyList<TunedLimits> limits, string chip, string gpu)
    {
        var policy = limits.Aggregate(AllReducePolicy.Default, (made, row) => made.With(new()
        {
            Architecture = chip,
            Topology = row.Topology,
            WorldSize = row.Ranks,
            OneShotUpTo = row.OneShotUpTo,
            TwoShotUpTo = row.TwoShotUpTo,
            Source = $"{row.Calls} calls measured on {gpu}",
        }));
        OutputFile.Write("The policy", file, policy.Save);
        Screen.Line($"Policy: {file}");
    }

    private static string Digits(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double loss) => ((loss - 1) * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";
}
