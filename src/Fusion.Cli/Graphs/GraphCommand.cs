using System.CommandLine;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Graph;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Graphs;

/// <summary>Command <c>fusion graph</c>, which shows what the fusion passes make of a graph, without a GPU.</summary>
internal static class GraphCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The graph as JSON: docs/graph.md." };
        var config = Text("--config", "Which passes are on, and size limits; all and none by default.", "FILE");
        var before = new Option<bool>("--before") { Description = "Show the graph as the model has it." };
        var after = new Option<bool>("--after") { Description = "Show what the passes make of it." };
        var format = new Option<string>("--format") { Description = "How to show graphs; text by default." };
        format.AcceptOnlyFromAmong("text", "mermaid", "json");
        var svg = Text("--svg", "Write a picture of the graphs: of --before, --after, or both.", "FILE");
        var architecture = Text("--arch", "The GPUs to plan for; sm_90 by default.", "ARCH");
        var worldSize = new Option<int>("--world-size")
        {
            Description = "Number of ranks to plan for; 2 by default.",
            DefaultValueFactory = _ => 2,
        };
        var command = new Command("graph", "Show which all-reduces of a graph are fused, and how they run.")
        {
            file, config, before, after, format, svg, architecture, worldSize,
        };
        command.SetAction(line =>
        {
            var report = Read(line.GetValue(file)!, line.GetValue(config));
            var target = Target(line.GetValue(architecture) ?? "sm_90", line.GetValue(worldSize));
            var graphs = new List<(string Title, TensorGraph Graph)>();
            if (line.GetValue(before)) graphs.Add(("before", report.Before));
            if (line.GetValue(after)) graphs.Add(("after", report.After));

            foreach (var (_, graph) in graphs) Screen.Line(Show(graph, line.GetValue(format)).TrimEnd('\n'));
            // The graph on standard output is for another program; warnings go to standard error.
            if (graphs.Count == 0 || line.GetValue(format) is null or "text") Screen.Line(report.ToText(target).TrimEnd('\n'));
            else Warn(report);
            if (graphs.Count == 0) graphs = [("before", report.Before), ("after", report.After)];
            if (line.GetValue(svg) is { } picture) OutputFile.Write("The picture", picture, path => File.WriteAllText(path, SvgWriter.Draw([.. graphs])));
            return ExitCodes.Success;
        });
        return command;
    }

    private static void Warn(FusionReport report)
    {
        foreach (var warning in report.Config.Warnings.Concat(report.Warnings.Select(miss => miss.Message)))
            Console.Error.WriteLine($"warning: {warning}");
    }

    private static FusionReport Read(string file, string? config)
    {
        try
        {
            return GraphJsonText.Load(file).Fuse(config is null ? null : FusionPassConfig.Load(config));
        }
        catch (FusionException e) when (e is GraphException or FusionDataException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static PlanTarget Target(string architecture, int worldSize) =>
        GpuArchitecture.TryParse(architecture, out var parsed)
            ? new() { Capability = parsed.Capability, WorldSize = worldSize }
            : throw UsageException.OfCommandLine($"'{architecture}' is no GPU architecture: expected sm_NN, as in --arch sm_90.");

    private static string Show(TensorGraph graph, string? format) => format switch
    {
        "mermaid" => graph.ToMermaid(),
        "json" => graph.ToJson(),
        _ => graph.ToText(),
    };

    private static Option<string> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };
}
