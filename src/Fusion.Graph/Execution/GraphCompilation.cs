using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Compiles graphs for groups of ranks.</summary>
public static class GraphCompilation
{
    /// <summary>Compiles a graph for a group of ranks: fuses its ops, plans its memory and loads its kernels. All ranks run
    /// the same graph.</summary>
    /// <param name="graph">The model's graph.</param>
    /// <param name="group">The group of ranks.</param>
    /// <param name="options">Largest run and other options of the compiled graph.</param>
    /// <returns>The compiled graph, to be disposed before its groups.</returns>
    /// <exception cref="FusionArgumentException">A group or a number of tokens is wrong.</exception>
    /// <exception cref="GraphException">A custom op has no delegate.</exception>
    /// <exception cref="FusionException">An operation cannot be made on the group.</exception>
    public static CompiledGraph Compile(this TensorGraph graph, RankGroup group, CompileOptions options)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SkinnyRows is { } rows and (< 0 or > SkinnyMatmuls.MostRows)) throw GraphErrors.SkinnyRows(rows);
        return new(graph.Fuse(options.Passes), group, Groups(graph, group, options), options);
    }

    private static Func<string, RankGroup> Groups(TensorGraph graph, RankGroup group, CompileOptions options)
    {
        var others = graph.Groups.Where(name => !options.Groups.ContainsKey(name)).ToArray();
        if (others.Length > 1)
        {
            throw GraphErrors.Group(
                $"The graph exchanges over the groups {string.Join(", ", others.Select(name => $"'{name}'"))}, and it is " +
                "compiled for one; " +
                $"give the others as {nameof(CompileOptions)}.{nameof(CompileOptions.Groups)}.");
        }

        foreach (var (name, other) in options.Groups)
        {
            if (other.WorldSize == group.WorldSize && other.Ranks.Zip(group.Ranks).All(pair =>
                pair.First.Context?.Device.Ordinal == pair.Second.Context?.Device.Ordinal)) continue;
            throw GraphErrors.Group(
                $"Group '{name}' has {Describe(other)}, but the group that the graph is compiled for has " +
                $"{Describe(group)}; each " +
                "rank must be in the same place in all groups.");
        }

        return name => options.Groups.GetValueOrDefault(name, group);
    }

    private static string Describe(RankGroup group) => string.Join(", ", group.Ranks);
}
