using Fusion.Cli.Benchmarks;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>The limits for a number of ranks in a place that lose least against always knowing the fastest strategy.</summary>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="Topology">Where they are.</param>
/// <param name="OneShotUpTo">The most bytes for one-shot; 0 for never.</param>
/// <param name="TwoShotUpTo">The most bytes for two-shot; null where the rows show no end of it.</param>
/// <param name="Calls">Measured calls that they come from.</param>
/// <param name="MeanLoss">Mean of time by these limits / fastest time, over the calls: 1 is perfect.</param>
/// <param name="WorstLoss">The greatest.</param>
internal sealed record TunedLimits(
    int Ranks, GroupTopology Topology, long OneShotUpTo, long? TwoShotUpTo, int Calls, double MeanLoss, double WorstLoss)
{
    private const string OneShot = "one-shot";
    private const string TwoShot = "two-shot";

    /// <summary>Finds the limits for each group of measurements.</summary>
    /// <param name="rows">Measurements; calls that were not measured with two strategies or more say nothing and are left
    /// out.</param>
    public static IReadOnlyList<TunedLimits> Of(IEnumerable<BenchRow> rows) =>
    [
        .. rows.GroupBy(row => (row.Ranks, row.Topology)).OrderBy(group => group.Key)
            .Select(group => Of(group.Key.Ranks, group.Key.Topology, [.. Measured(group)]))
            .OfType<TunedLimits>(),
    ];

    private static TunedLimits? Of(int ranks, string topology, IReadOnlyList<Call> calls)
    {
        if (calls.Count == 0) return null;
        // A limit is one of the sizes, or 0: between two sizes nothing was measured.
        long[] sizes = [0, .. calls.Select(call => call.Bytes).Distinct().Order()];
        var pairs = from one in sizes from two in sizes where two >= one select (One: one, Two: two);
        var best = pairs.MinBy(pair => calls.Average(call => call.Loss(pair.One, pair.Two)));
        var isSeparateMeasured = calls.Any(call => call.Separate is not null);
        return new(
            ranks, topology == "loopback" ? GroupTopology.Loopback : GroupTopology.Gpus,
            best.One, isSeparateMeasured ? best.Two : null, calls.Count,
            calls.Average(call => call.Loss(best.One, best.Two)), calls.Max(call => call.Loss(best.One, best.Two)));
    }

    private static IEnumerable<Call> Measured(IEnumerable<BenchRow> rows)
    {
        foreach (var same in rows.GroupBy(row => (row.Call, row.Launch)))
        {
            double? Time(Func<string, bool> isOne) =>
                same.Where(row => isOne(row.Strategy)).Select(row => (double?)row.MedianMicroseconds).Min();
            var element = CommandLine.ToolOptions.Types.TryGetValue(same.Key.Call.DataType, out var type) ? DeviceTensor.ByteCount(type, 1) : 2;
            var call = new Call(
                (long)same.Key.Call.Tokens * same.Key.Call.Hidden * element, Time(name => name == OneShot), Time(name => name == TwoShot),
                Time(name => name is not (OneShot or TwoShot)));
            if (call.Choices > 1) yield return call;
        }
    }

    private sealed record Call(long Bytes, double? One, double? Two, double? Separate)
    {
        private double?[] Times => [One, Two, Separate];

        public int Choices => Times.Count(time => time is not null);

        public double Loss(long oneShotUpTo, long twoShotUpTo)
        {
            // What was not measured is what nobody would want there: as slow as the slowest that was.
            var chosen = Bytes <= oneShotUpTo ? One : Bytes <= twoShotUpTo ? Two : Separate;
            return (chosen ?? Times.Max()!.Value) / Times.Min()!.Value;
        }
    }
}
