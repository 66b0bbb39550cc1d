using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>Passes over graphs, which run one after the other.</summary>
public static class FusionPasses
{
    private static readonly (string Name, Func<FusionPassConfig, bool> IsOn, Func<TensorGraph, PassResult> Run)[] All =
    [
        (NoOpElimination.Name, config => config.NoOpElimination, NoOpElimination.Run),
        // Before the fusions, so that an unused op takes no match from a used one; fusions leave no dead code.
        (DeadCode.Name, config => config.DeadCode, DeadCode.Run),
        (AddNormFusion.Name, config => config.AddNormFusion, AddNormFusion.Run),
        (NormQuantFusion.Name, config => config.NormQuantFusion, NormQuantFusion.Run),
        (AllReduceFusion.Name, config => config.AllReduceFusion, AllReduceFusion.Run),
    ];

    /// <summary>Runs the passes that are on. The resulting graph gives the same bits for the same inputs.</summary>
    /// <param name="graph">Graph of the model, which is not changed.</param>
    /// <param name="config">Configuration of the passes; null for all passes.</param>
    /// <returns>Report with the new graph.</returns>
    public static FusionReport Fuse(this TensorGraph graph, FusionPassConfig? config = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        config ??= FusionPassConfig.Default;
        var passes = ImmutableArray.CreateBuilder<PassResult>();
        var current = graph;
        foreach (var (_, _, run) in All.Where(pass => pass.IsOn(config)))
        {
            var result = run(current);
            passes.Add(result);
            current = result.Graph;
        }

        return new(graph, current, config, passes.ToImmutable(), NearMisses.Find(current, config));
    }

    /// <summary>Runs one pass.</summary>
    /// <param name="graph">The graph, which is not changed.</param>
    /// <param name="pass">Name of the pass, one of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such pass.</exception>
    public static PassResult RunPass(this TensorGraph graph, string pass)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var found = Array.Find(All, candidate => candidate.Name == pass);
        return found.Run is { } run ? run(graph)
            : throw new ArgumentException($"There is no pass '{pass}'; there are {string.Join(", ", Names)}.", nameof(pass));
    }

    /// <summary>Names of the passes, in the order in which they run.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(pass => pass.Name)];
}

/// <summary>Result of a pass over a graph.</summary>
public sealed record PassResult
{
    internal PassResult(string pass, TensorGraph graph, int count) => (Pass, Graph, Count) = (pass, graph, count);

    /// <summary>Name of the pass.</summary>
    public string Pass { get; internal init; }

    /// <summary>The new graph.</summary>
    public TensorGraph Graph { get; internal init; }

    /// <summary>Number of matches; 0 if the graph is unchanged.</summary>
    public int Count { get; internal init; }
}
