namespace Fusion.Graph;

/// <summary>The same elements as another shape.</summary>
public sealed record ViewOp : GraphOp
{
    /// <summary>Makes an op.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">The elements.</param>
    /// <param name="output">The shape, with as many elements of the same type.</param>
    public ViewOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>The elements.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>The result.</summary>
    public GraphTensor Output { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "view";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}

/// <summary>A rectangle of a tensor. Rows that depend on the tokens are taken all.</summary>
public sealed record SliceOp : GraphOp
{
    /// <summary>Makes an op.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">The tensor.</param>
    /// <param name="output">The rectangle; its shape says how many rows and columns.</param>
    public SliceOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>The tensor.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>The result.</summary>
    public GraphTensor Output { get; init; }

    /// <summary>The first row.</summary>
    public int FirstRow { get; init; }

    /// <summary>The first column.</summary>
    public int FirstColumn { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "slice";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}

/// <summary>The same numbers in another type, rounded to nearest even.</summary>
public sealed record CastOp : GraphOp
{
    /// <summary>Makes an op.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">The numbers.</param>
    /// <param name="output">The same shape in a type: bf16, f16 or f32, or the type that it has.</param>
    public CastOp(string name, GraphTensor input, GraphTensor output)
        : base(name) => (Input, Output) = (input, output);

    /// <summary>The numbers.</summary>
    public GraphTensor Input { get; init; }

    /// <summary>The result.</summary>
    public GraphTensor Output { get; init; }

    /// <inheritdoc/>
    public override string Mnemonic => "cast";

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Inputs => [new(Roles.Input, Input)];

    /// <inheritdoc/>
    public override IEnumerable<GraphOperand> Outputs => [new(Roles.Output, Output)];

    internal override GraphOp Reading(Func<GraphTensor, GraphTensor> replace) => this with { Input = replace(Input) };
}
