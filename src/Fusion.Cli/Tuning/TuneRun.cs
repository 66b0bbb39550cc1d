using System.Diagnostics;
using System.Globalization;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>Measures limits on this machine's GPUs and writes them, each group's as soon as it is measured.</summary>
internal sealed class TuneRun
{
    /// <summary>Calls to measure in each group.</summary>
    public required TuneSizes Sizes { get; init; }

    /// <summary>Where NCCL is: a path, or <c>auto</c>; null to measure without it.</summary>
    public string? Nccl { get; init; }

    /// <summary>Number of calls back to back in a measurement.</summary>
    public int Iterations { get; init; } = 20;

    /// <summary>Number of measurements, of which the median counts.</summary>
    public int Repeats { get; init; } = 7;

    /// <summary>Runs all.</summary>
    /// <param name="gpus">Ordinals of the GPUs; null for all that the machine has.</param>
    /// <param name="output">Path of the one file for all limits; null for the files in the user's configuration folder.</param>
    public void Run(int[]? gpus, string? output)
    {
        // Ranks that share a GPU need it, and the driver reads it when the GPUs are listed.
        NativeEnvironment.AllowManyStreams();
        var devices = gpus is null ? GpuDevice.GetAll() : [.. gpus.Distinct().Select(GpuDevice.Get)];
        if (devices.Count == 0)
        {
            throw new UsageException(GpuDriver.IsAvailable ? "The driver sees no GPU to measure on."
                : $"There is no GPU to measure on: {GpuDriver.Failure.ReplaceLineEndings("; ")} Name files of rows to find limits without one.");
        }

        var groups = TuneGroup.Of(devices);
        var one = output is null ? null : new TunedFile(Path.GetFullPath(output), AllReducePolicy.Default);
        if (one is not null) OutputFile.Write("The policy", one.Path, TunedPolicies.ThrowUnlessWritable);
        var files = groups.GroupBy(group => (group.Gpu, group.Topology)).ToDictionary(same => same.Key, same => one ?? TunedFile.For(same.First()));

        var calls = Sizes.Calls();
        Screen.Line(Text($"Measuring {calls.Count} calls with each of {string.Join(", ", groups.Select(group => group.Ranks))} ranks, and writing the limits of each when it is done."));
        var watch = Stopwatch.StartNew();
        var found = new List<(TuneGroup Group, TunedLimits Limits)>();
        Screen.LongWork(isQuiet: false, groups.Count * calls.Count, next =>
        {
            foreach (var group in groups)
            {
                if (Measure(group, calls, next) is not { } limits) continue;
                files[(group.Gpu, group.Topology)].Write(group, limits);
                found.Add((group, limits));
                var left = watch.Elapsed.TotalSeconds / found.Count * (groups.Count - found.Count);
                Screen.Line(Text($"{group.Ranks} ranks: done and written after {watch.Elapsed.TotalSeconds:0} s, about {left:0} s left."));
            }
        });

        foreach (var same in found.GroupBy(each => each.Group.Gpu))
        {
            Screen.Line($"{same.Key}:");
            TuneCommand.Print([.. same.Select(each => each.Limits)]);
        }

        foreach (var file in files.Values.Distinct()) Screen.Line($"Policy: {file.Path}");
        if (output is null) Screen.Line("AllReduceOptions.Policy = AllReducePolicy.Tuned takes it, and 'fusion plan --policy tuned' shows it.");
    }

    private TunedLimits? Measure(TuneGroup group, IReadOnlyList<TuneCall> calls, Action<string> next)
    {
        using var ranks = RankGroup.OnGpus([.. group.Gpus]);
        using var library = Nccl is null || group.Topology == GroupTopology.Loopback
            ? null : new NcclAllReduce(ranks, Nccl == "auto" ? null : Nccl);
        var rows = new List<BenchRow>();
        foreach (var call in calls)
        {
            next(Text($"{group.Ranks} ranks, {AllReduceDispatcher.Name(call.Strategy)}, {call.Tokens} × {call.Hidden}"));
            // No library sums over ranks that share a GPU.
            if (library is null && call.Strategy == AllReduceStrategy.Separate) continue;
            var bench = new AllReduceBench(ranks)
            {
                Type = ElementType.BFloat16,
                Strategy = call.Strategy,
                Library = library,
                Iterations = Iterations,
                Repeats = Repeats,
            };
            rows.Add(bench.Measure(call.Hidden, call.Tokens, call.Epilogue, AllReduceKernels.BuiltIn));
        }

        return TunedLimits.Of(rows).SingleOrDefault() is { } limits ? WithEndOfTwoShot(limits, group) : null;
    }

    // Where two-shot ends shows beside a library alone.
    private static TunedLimits WithEndOfTwoShot(TunedLimits limits, TuneGroup group)
    {
        var builtIn = AllReducePolicy.Default.RowFor(group.Capability, group.Topology, group.Ranks)?.TwoShotUpTo;
        return limits with { TwoShotUpTo = limits.TwoShotUpTo ?? (builtIn is { } most ? Math.Max(most, limits.OneShotUpTo) : null) };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
