using System.CommandLine;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Manifest;

namespace Fusion.Cli.Plots;

/// <summary>Options of <c>fusion bench allreduce</c> that draw a plot.</summary>
internal sealed class PlotOptions
{
    private readonly Option<string> plot = ToolOptions.Text("--plot",
        "Draw microseconds and GB/s over the size, of each strategy and of the dispatcher's choice: .svg or .png.", "FILE");

    private readonly Option<string[]> from = new("--from")
    {
        Description = "Plot rows that --csv wrote, instead of measuring; --ranks, --hidden and --epilogue choose among them.",
        HelpName = "ROWS",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> architecture = ToolOptions.Text("--arch", "With --from: the GPUs of the rows, to plot what the dispatcher chooses.", "ARCH");
    private readonly Option<string> peers = ToolOptions.Text("--peers", "Plot rows of other projects beside ours: impl,strategy,ranks,hidden,tokens,epilogue,median_us,min_us.", "ROWS");

    private readonly Option<string> floor = ToolOptions.Text("--floor",
        "The least that the link allows, to plot it: GB/s out of a GPU, and microseconds of a call of few bytes; by default 355,1.38 between H100s, as measured.", "GB/S,US");

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [plot, from, architecture, peers, floor];

    /// <summary>Tells whether rows are read instead of measured.</summary>
    public bool IsOfRows(ParseResult line) => line.GetValue(from) is { Length: > 0 };

    /// <summary>Tells whether a plot is asked for.</summary>
    public bool IsAskedFor(ParseResult line) => line.GetValue(plot) is not null;

    /// <summary>Throws if the options make no sense, before anything is measured.</summary>
    /// <exception cref="UsageException">An option is wrong, or the plot cannot be written.</exception>
    public void Check(ParseResult line)
    {
        if (line.GetValue(plot) is { } file)
        {
            if (!PlotDrawing.IsPicture(file)) throw UsageException.OfCommandLine($"'{file}' is no kind of picture: expected a name that ends in .svg or .png.");
            PlotDrawing.ThrowIfCannotDraw();
            OutputFile.Write("The plot", file, path => new FileStream(path, FileMode.Append, FileAccess.Write).Dispose());
        }
        else if (All.FirstOrDefault(option => line.GetResult(option) is { Implicit: false }) is { } other)
        {
            throw UsageException.OfCommandLine($"Option '{other.Name}' is for a plot: name its file by --plot.");
        }

        if (line.GetValue(architecture) is not null && !IsOfRows(line))
            throw UsageException.OfCommandLine("Option '--arch' is for --from; a GPU that is measured says itself what it is.");
        _ = Floor(line);
    }

    /// <summary>Reads the rows that --from names.</summary>
    /// <exception cref="UsageException">A file cannot be read.</exception>
    public IReadOnlyList<BenchRow> Rows(ParseResult line) => [.. line.GetValue(from)!.SelectMany(BenchCsv.Read)];

    /// <summary>Draws the plot.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="rows">Our rows.</param>
    /// <param name="measured">GPUs on which the rows were measured; null to take them from the command line.</param>
    /// <exception cref="UsageException">There is nothing to plot, or the file cannot be written.</exception>
    public void Draw(ParseResult line, IReadOnlyList<BenchRow> rows, ComputeCapability? measured)
    {
        var others = line.GetValue(peers) is { } file ? PeerRow.Read(file) : [];
        var capability = measured ?? (line.GetValue(architecture) is { } name ? ToolOptions.Capability(name) : null);
        var columns = PlotColumn.Of(rows, others, Floor(line), capability);
        OutputFile.Write("The plot", line.GetValue(plot)!, path => PlotDrawing.Write(path, columns));
    }

    private LinkFloor? Floor(ParseResult line) => line.GetValue(floor) is { } text ? LinkFloor.Parse(text) : null;
}
