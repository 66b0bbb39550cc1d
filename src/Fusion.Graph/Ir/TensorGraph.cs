using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>Graph of a model or a part of it: tensors and the ops between them, in an order in which they can be run.
/// Immutable.</summary>
public sealed class TensorGraph
{
    /// <summary>Makes a graph and checks it.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="inputs">Inputs, which each run is given.</param>
    /// <param name="weights">Weights, which are given once for all runs.</param>
    /// <param name="ops">Ops, each of which reads values that are defined before it.</param>
    /// <param name="outputs">Outputs, each with the name by which a run gives it.</param>
    /// <exception cref="GraphException">A name is defined twice or not at all, or types and shapes do not fit.</exception>
    public TensorGraph(
        string name, IEnumerable<GraphTensor> inputs, IEnumerable<GraphTensor> weights, IEnumerable<GraphOp> ops,
        IEnumerable<GraphOperand> outputs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        (Inputs, Weights, Ops, Outputs) = ([.. inputs], [.. weights], [.. ops], [.. outputs]);
        GraphRules.Check(this);
    }

    /// <summary>Name of the graph.</summary>
    public string Name { get; }

    /// <summary>Inputs, which each run is given.</summary>
    public ImmutableArray<GraphTensor> Inputs { get; }

    /// <summary>Weights, which are given once for all runs.</summary>
    public ImmutableArray<GraphTensor> Weights { get; }

    /// <summary>Ops in the order in which they run.</summary>
    public ImmutableArray<GraphOp> Ops { get; }

    /// <summary>Outputs of the graph, by name.</summary>
    public ImmutableArray<GraphOperand> Outputs { get; }

    /// <summary>Names of the groups over whose ranks the graph sums or gathers.</summary>
    public IReadOnlyList<string> Groups =>
        [.. Ops.Select(op => (op as RowOp)?.Group ?? (op as CollectiveOp)?.Group).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Number of all-reduces, including fused ones.</summary>
    public int AllReduces => Ops.Count(op => op is RowOp { Group: not null });

    /// <summary>Number of all-reduces that are fused with later steps.</summary>
    public int FusedAllReduces => Ops.Count(op => op is RowOp { IsFusedAllReduce: true });

    /// <summary>Makes the same graph with other ops and outputs.</summary>
    internal TensorGraph With(IEnumerable<GraphOp> ops, IEnumerable<GraphOperand> outputs) => new(Name, Inputs, Weights, ops, outputs);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Ops.Length} ops";
}
