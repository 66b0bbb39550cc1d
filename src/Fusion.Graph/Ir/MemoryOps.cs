namespace Fusion.Graph;

/// <summary>A view: the same elements in another shape.</summary>
public sealed record ViewOp : GraphOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="input">Tensor that is viewed.</param>
    /// <param name="output">Result, with as many elements of the same type.</param>
    public ViewOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>Tensor that is viewed.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>Result of the op.</summary>
    public GraphTensor Output { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "view";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}

/// <summary>A slice: a rectangle of a tensor. If the number of rows depends on the tokens, all rows are taken.</summary>
public sealed record SliceOp : GraphOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="input">Tensor that is sliced.</param>
    /// <param name="output">Result, whose shape is that of the rectangle.</param>
    public SliceOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>Tensor that is sliced.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>Result of the op.</summary>
    public GraphTensor Output { get; init; }

    /// <summary>Index of the rectangle's first row.</summary>
    public int FirstRow { get; init; }

    /// <summary>Index of the rectangle's first column.</summary>
    public int FirstColumn { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "slice";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}

/// <summary>A cast: the same numbers in another type, rounded to nearest even.</summary>
public sealed record CastOp : GraphOp
{
    /// <summary>Makes an op, which a graph checks.</summary>
    /// <param name="name">Name of the op, which no other op of the graph has.</param>
    /// <param name="input">Tensor that is cast.</param>
    /// <param name="output">Result, of the same shape, in bf16, f16 or f32 or in the input's type.</param>
    public CastOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>Tensor that is cast.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>Result of the op.</summary>
    public GraphTensor Output { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "cast";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}
