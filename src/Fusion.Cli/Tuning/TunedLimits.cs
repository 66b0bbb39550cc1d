using Fusion.Cli.Benchmarks;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>Limits for a world size and topology that lose the least time against the fastest strategy of each
/// call.</summary>
/// <param name="Ranks">World size.</param>
/// <param name="Topology">Topology of the group.</param>
/// <param name="OneShotUpTo">Largest input tensor for one-shot, in bytes; 0 for never.</param>
/// <param name="TwoShotUpTo">Largest input tensor for two-shot, in bytes; null if the measurements show no limit.</param>
/// <param name="Calls">Number of measured calls that the limits come from.</param>
/// <param name="MeanLoss">Mean over the calls of the time by these limits divided by the fastest time; 1 is perfect.</param>
/// <param name="WorstLoss">Largest of these quotients.</param>
internal sealed record TunedLimits(
    int Ranks, GroupTopology Topology, long OneShotUpTo, long? TwoShotUpTo, int Calls, double MeanLoss, double WorstLoss)
{
    private const string OneShot = "one-shot";
    private const string TwoShot = "two-shot";

    /// <summary>Finds the limits for each world size and topology.</summary>
    /// <param name="rows">Measurements; calls that were measured with only one strategy are ignored.</param>
    public static IReadOnlyList<TunedLimits> Of(IEnumerable<BenchRow> rows) =>
    [
        .. rows.GroupBy(row => (row.Ranks, row.Topology)).OrderBy(group => group.Key)
            .Select(group => Of(group.Key.Ranks, group.Key.Topology, [.. Measured(group)]))
            .OfType<TunedLimits>(),
    ];

    private static TunedLimits? Of(int ranks, string topology, IReadOnlyList<Call> calls)
    {
        if (calls.Count == 0) return null;
        // A limit is one of the measured sizes, or 0, since nothing is known between two sizes.
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
            // A strategy that was not measured counts as slow as the slowest one that was.
            var chosen = Bytes <= oneShotUpTo ? One : Bytes <= twoShotUpTo ? Two : Separate;
            return (chosen ?? Times.Max()!.Value) / Times.Min()!.Value;
        }
    }
}
