using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>An op that exchanges data between the ranks of a group, other than an all-reduce.</summary>
public abstract record CollectiveOp : GraphOp
{
    private protected CollectiveOp(string name, string group, GraphTensor input)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        (Group, Input) = (group, input);
    }

    /// <summary>Name of the group over whose ranks the op goes.</summary>
    public string Group { get; init; }

    /// <summary>Input of each rank: [rows, columns] of bf16, f16 or f32, a multiple of 8 columns.</summary>
    public GraphTensor Input { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];
}

/// <summary>An all-gather along columns: each row is that row of rank 0's input, then of rank 1's, and so on.</summary>
public sealed record AllGatherOp : CollectiveOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="input">Columns of a rank: [rows, columns].</param>
    /// <param name="output">Columns of all ranks: [rows, world size · columns] of the same type.</param>
    public AllGatherOp(string name, string group, GraphTensor input, GraphTensor output)
        : base(name, group, input) => Output = output;

    /// <summary>Columns of all ranks: [rows, world size · columns] of the input's type.</summary>
    public GraphTensor Output { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => Words.AllGather;

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}

/// <summary>The k largest numbers of each row whose columns are spread over the ranks, the same on all ranks, the largest first
/// (<see cref="Collectives.TopK"/>).</summary>
public sealed record TopKOp : CollectiveOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="input">Columns of a rank: [rows, columns].</param>
    /// <param name="indices">Indices over the columns of all ranks: i32 [rows, k].</param>
    public TopKOp(string name, string group, GraphTensor input, GraphTensor indices)
        : base(name, group, input) => Indices = indices;

    /// <summary>Indices over the columns of all ranks: i32 [rows, k].</summary>
    public GraphTensor Indices { get; init; }

    /// <summary>The numbers: f32 [rows, k]; null if they are not wanted.</summary>
    public GraphTensor? Values { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => Words.TopK;

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs
    {
        get
        {
            yield return new(Roles.Indices, Indices);
            if (Values is not null) yield return new(Roles.Values, Values);
        }
    }

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}
