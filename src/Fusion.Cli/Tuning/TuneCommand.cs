using System.CommandLine;
using System.Globalization;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Manifest;
using Fusion.Runtime;
using static Fusion.Cli.CommandLine.ToolOptions;

namespace Fusion.Cli.Tuning;

/// <summary>Command <c>fusion tune</c>, which makes a policy from measurements, without a GPU.</summary>
internal static class TuneCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("ROWS")
        {
            Description = "Files that 'fusion bench allreduce --csv' wrote, with several strategies.",
            Arity = ArgumentArity.OneOrMore,
        };
        var architecture = Text("--arch", "The GPUs that were measured: sm_90 for an H100 or H200.", "ARCH");
        architecture.Required = true;
        var output = Text("--out", "Write the policy here, for AllReducePolicy.Load and 'fusion plan --policy'.", "FILE");
        var command = new Command("tune", "Find the limits between strategies that lose least by measurements.") { files, architecture, output };
        command.SetAction(line =>
        {
            var chip = Chip(line.GetValue(architecture)!);
            var rows = line.GetValue(files)!.SelectMany(BenchCsv.Read).ToList();
            var limits = TunedLimits.Of(rows);
            if (limits.Count == 0)
            {
                throw new UsageException(
                    $"{rows.Count} rows, but no call in them was measured with two strategies, so there is nothing to choose " +
                    $"between. Measure the same calls with --strategy one-shot, two-shot and separate.");
            }

            Print(limits);
            if (line.GetValue(output) is { } file) Save(file, limits, chip, rows[0].Gpu);
            return ExitCodes.Success;
        });
        return command;
    }

    private static void Print(IReadOnlyList<TunedLimits> limits) => Screen.Table(
        ["ranks ", "on", "one-shot up to ", "two-shot up to ", "calls ", "mean loss ", "worst "],
        limits.Select(row => new[]
        {
            Number(row.Ranks), row.Topology == GroupTopology.Loopback ? "one GPU" : "a GPU each", Number(row.OneShotUpTo),
            row.TwoShotUpTo is { } most ? Number(most) : "no end", Number(row.Calls), Percent(row.MeanLoss), Percent(row.WorstLoss),
        }));

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

    // A policy is for chips, while sm_90a is a target of the compiler.
    private static string Chip(string name) => GpuArchitecture.TryParse(name, out var architecture)
        ? $"sm_{architecture.Number}"
        : throw UsageException.OfCommandLine($"'{name}' is no GPU architecture: expected sm_NN, as in --arch sm_90.");

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double loss) => ((loss - 1) * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%";
}
