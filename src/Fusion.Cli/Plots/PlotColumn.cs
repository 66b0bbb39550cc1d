using System.Globalization;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Plots;

/// <summary>Calls that differ in their number of tokens alone, and the times of all ways of doing them.</summary>
/// <param name="Title">Title that says which calls they are.</param>
/// <param name="Ranks">World size.</param>
/// <param name="Lines">The ways, in the order in which they are drawn.</param>
internal sealed record PlotColumn(string Title, int Ranks, IReadOnlyList<PlotLine> Lines)
{
    // More would be too narrow to read.
    private const int Most = 4;
    private const int PointsOfAFloor = 64;

    /// <summary>Makes a column for each number of ranks, hidden size, type and epilogue of several rows.</summary>
    /// <param name="rows">Our rows.</param>
    /// <param name="peers">Rows of other projects.</param>
    /// <param name="floor">Least time of the link; null for the one that was measured for the rows' GPU, if any.</param>
    /// <param name="capability">GPUs of the rows, for which the dispatcher chooses; null to leave its line out.</param>
    /// <exception cref="UsageException">There are no rows, or too many columns.</exception>
    public static IReadOnlyList<PlotColumn> Of(
        IReadOnlyList<BenchRow> rows, IReadOnlyList<PeerRow> peers, LinkFloor? floor, ComputeCapability? capability)
    {
        var kinds = rows.GroupBy(row => (row.Topology, row.Ranks, row.Hidden, row.DataType, row.Epilogue, row.Launch))
            .OrderBy(kind => kind.Key.Ranks).ThenBy(kind => kind.Key.Hidden).ThenBy(kind => kind.Key.Epilogue.Length).ThenBy(kind => kind.Key.Epilogue, StringComparer.Ordinal)
            .ToList();
        if (kinds.Count == 0) throw new UsageException("There are no rows to plot: none has the ranks, hidden size and epilogue that were asked for.");
        if (kinds.Count > Most)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                $"The rows are of {kinds.Count} kinds of calls, and a plot has room for {Most}. Choose by --ranks, --hidden and --epilogue."));
        }

        return [.. kinds.Select(kind => Make([.. kind], peers, floor, capability))];
    }

    private static PlotColumn Make(IReadOnlyList<BenchRow> rows, IReadOnlyList<PeerRow> peers, LinkFloor? floor, ComputeCapability? capability)
    {
        var first = rows[0];
        var type = ToolOptions.Types[first.DataType];
        double Bytes(BenchRow row) => DeviceTensor.ByteCount(type, (long)row.Hidden * row.Tokens);
        var lines = new List<PlotLine>();
        if ((floor ?? LinkFloor.Of(first.Gpu, first.Topology)) is { } least)
        {
            var (from, to) = (Math.Log(rows.Min(Bytes)), Math.Log(rows.Max(Bytes)));
            var sizes = Enumerable.Range(0, PointsOfAFloor).Select(i => Math.Exp(from + ((to - from) * i / (PointsOfAFloor - 1))));
            lines.Add(new("floor of the link", PlotRole.Floor, [.. sizes.Select(bytes => new PlotPoint(bytes, least.Of(bytes, first.Ranks)))]));
        }

        lines.AddRange(peers
            .Where(peer => first.DataType == "bf16" && (peer.Ranks, peer.Hidden, peer.Epilogue) == (first.Ranks, first.Hidden, first.Epilogue))
            .GroupBy(peer => peer.Project).OrderBy(project => project.Key, StringComparer.Ordinal)
            .Select(project => new PlotLine(project.Key, PlotRole.Peer, Fastest(project.Select(peer => new PlotPoint(peer.Bytes, peer.Microseconds))))));
        var strategies = rows.GroupBy(row => row.Strategy).OrderBy(strategy => strategy.Key, StringComparer.Ordinal)
            .Select(strategy => new PlotLine($"Fusion, {strategy.Key}", PlotRole.Strategy, Fastest(strategy.Select(row => new PlotPoint(Bytes(row), row.MedianMicroseconds)))));
        lines.AddRange(strategies);
        if (capability is { } gpu) lines.Add(new("Fusion, as chosen", PlotRole.Choice, Fastest(rows.Where(row => IsChosen(row, gpu)).Select(row => new PlotPoint(Bytes(row), row.MedianMicroseconds)))));
        return new(TitleOf(first), first.Ranks, [.. lines.Where(line => line.Points.Count > 0)]);
    }

    private static bool IsChosen(BenchRow row, ComputeCapability gpu)
    {
        var plan = AllReduceDispatcher.Plan(new()
        {
            Capability = gpu,
            Gpu = row.Gpu,
            Topology = row.Topology switch { "loopback" => GroupTopology.Loopback, "machines" => GroupTopology.Machines, _ => GroupTopology.Gpus },
            WorldSize = row.Ranks,
            Tokens = row.Tokens,
            MaxTokens = row.Tokens,
            HiddenSize = row.Hidden,
            DataType = ToolOptions.Types[row.DataType],
        });
        return row.Strategy.Split('-')[0] == AllReduceDispatcher.Name(plan.Strategy).Split('-')[0];
    }

    private static PlotPoint[] Fastest(IEnumerable<PlotPoint> points) =>
        [.. points.GroupBy(point => point.Bytes).Select(same => same.MinBy(point => point.Microseconds)).OrderBy(point => point.Bytes)];

    private static string TitleOf(BenchRow row)
    {
        var place = row.Topology == "loopback" ? $"{row.Ranks} ranks on one GPU" : $"{row.Ranks} GPUs{(row.Topology == "machines" ? " of several machines" : "")}";
        var what = row.Epilogue == EpilogueWords.None ? "sum" : row.Epilogue;
        var eager = row.Launch == "graph" ? "" : $", {row.Launch}";
        return string.Create(CultureInfo.InvariantCulture, $"{place}, {what}, rows of {row.Hidden} {row.DataType}{eager}");
    }
}
