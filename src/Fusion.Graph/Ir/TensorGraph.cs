using System.Collections.Immutable;

namespace Fusion.Graph;

/// <summary>A model, or a part of it, as tensors and the ops between them, in an order in which they can be done. Immutable.
/// </summary>
public sealed class TensorGraph
{
    /// <summary>Makes a graph and checks it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="inputs">What each run brings.</param>
    /// <param name="weights">What is there once for all runs.</param>
    /// <param name="ops">The ops; each reads what is defined before it.</param>
    /// <param name="outputs">The results, each with the name that a run gives it by.</param>
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

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What each run brings.</summary>
    public ImmutableArray<GraphTensor> Inputs { get; }

    /// <summary>What is there once for all runs.</summary>
    public ImmutableArray<GraphTensor> Weights { get; }

    /// <summary>The ops in their order.</summary>
    public ImmutableArray<GraphOp> Ops { get; }

    /// <summary>The results by name.</summary>
    public ImmutableArray<GraphOperand> Outputs { get; }

    /// <summary>Names of the groups over which it sums.</summary>
    public IReadOnlyList<string> Groups =>
        [.. Ops.OfType<RowOp>().Select(op => op.Group).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Number of all-reduces, fused ones among them.</summary>
    public int AllReduces => Ops.Count(op => op is RowOp { Group: not null });

    /// <summary>Number of all-reduces that are fused with what follows.</summary>
    public int FusedAllReduces => Ops.Count(op => op is RowOp { IsFusedAllReduce: true });

    /// <summary>The same graph with other ops and outputs.</summary>
    internal TensorGraph With(IEnumerable<GraphOp> ops, IEnumerable<GraphOperand> outputs) => new(Name, Inputs, Weights, ops, outputs);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Ops.Length} ops";
}
