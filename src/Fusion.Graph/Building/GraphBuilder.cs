using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Writes a graph down in the order of the model: inputs and weights here, ops on the values
/// (<see cref="GraphValue"/>).</summary>
/// <remarks>Each op is checked when it is written, so that an error points at the line that makes it. One thread at a
/// time.</remarks>
/// <param name="name">Name of the graph.</param>
public sealed class GraphBuilder(string name)
{
    private readonly List<GraphTensor> inputs = [];
    private readonly List<GraphTensor> weights = [];
    private readonly List<GraphOp> ops = [];
    private readonly List<GraphOperand> outputs = [];
    private readonly Dictionary<string, int> counters = new(StringComparer.Ordinal);
    private readonly List<string> scopes = [];

    /// <summary>The ops so far.</summary>
    internal IReadOnlyList<GraphOp> Written => ops;

    /// <summary>What each run brings: [tokens, columns].</summary>
    /// <param name="name">Its name.</param>
    /// <param name="columns">Columns, mostly the hidden size.</param>
    /// <param name="type">Its elements.</param>
    public GraphValue Input(string name, int columns, ElementType type = ElementType.BFloat16) =>
        Input(name, new TensorType(RowCount.Tokens, columns, type));

    /// <summary>What each run brings.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">What it is.</param>
    public GraphValue Input(string name, TensorType type) => Declare(inputs, name, type);

    /// <summary>A vector that is there once for all runs, such as the weights of a norm: [1, columns].</summary>
    /// <param name="name">Its name.</param>
    /// <param name="columns">Elements.</param>
    /// <param name="type">Their type.</param>
    public GraphValue Weight(string name, int columns, ElementType type = ElementType.BFloat16) => Weight(name, 1, columns, type);

    /// <summary>A matrix that is there once for all runs.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="type">Its elements.</param>
    public GraphValue Weight(string name, int rows, int columns, ElementType type = ElementType.BFloat16) =>
        Declare(weights, name, new TensorType(RowCount.Of(rows), columns, type));

    /// <summary>One float that is there once for all runs, such as the scale of static FP8.</summary>
    /// <param name="name">Its name.</param>
    public GraphValue Scalar(string name) => Weight(name, 1, 1, ElementType.Float32);

    /// <summary>Names a result.</summary>
    /// <param name="name">The name by which a run gives it.</param>
    /// <param name="value">The value.</param>
    public GraphBuilder Output(string name, GraphValue value)
    {
        outputs.Add(new(name, Own(value)));
        return this;
    }

    /// <summary>Puts a prefix before the names of what is written until the result is disposed: <c>layers.0.</c></summary>
    /// <param name="scope">The prefix, without the dot at its end.</param>
    public IDisposable Scope(string scope)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(scope);
        scopes.Add(scope);
        return new EndOfScope(this);
    }

    /// <summary>A custom op, such as a matmul.</summary>
    /// <param name="op">What it does.</param>
    /// <param name="arguments">What it reads.</param>
    /// <param name="name">Name of the op in the graph; null for one that is made up.</param>
    /// <returns>Its results, in the order of its shape function.</returns>
    /// <exception cref="GraphException">The op refuses what it would read.</exception>
    public IReadOnlyList<GraphValue> Call(CustomOp op, IReadOnlyList<GraphValue> arguments, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(op);
        ArgumentNullException.ThrowIfNull(arguments);
        var called = NameOf(name, op.Name);
        var read = arguments.Select(Own).ToArray();
        var types = OpRules.ResultsOf(called, op, [.. read.Select(argument => argument.Type)]);
        var results = types.Select((type, i) => new GraphTensor(i == 0 ? called : $"{called}.{i}", type)).ToArray();
        Add(new CustomCall(called, op, [.. read], [.. results]));
        return [.. results.Select(result => new GraphValue(this, result))];
    }

    /// <summary>The graph as written so far.</summary>
    /// <exception cref="GraphException">It is not valid, such as one without outputs.</exception>
    public TensorGraph Build() => new(name, inputs, weights, ops, outputs);

    /// <summary>Adds an op that is whole.</summary>
    internal T Add<T>(T op)
        where T : GraphOp
    {
        OpRules.Check(op);
        ops.Add(op);
        return op;
    }

    /// <summary>The name of an op: the given one, or one made up; with the scopes before it.</summary>
    internal string NameOf(string? given, string kind)
    {
        if (given is not null) return Scoped(given);
        var scoped = Scoped(kind);
        var number = counters.GetValueOrDefault(scoped);
        counters[scoped] = number + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{scoped}_{number}");
    }

    /// <summary>The tensor of a value, which must be of this builder.</summary>
    internal GraphTensor Own(GraphValue value) => ReferenceEquals(value.Builder, this)
        ? value.Tensor
        : throw GraphException.Definition(null, value.Tensor?.Name,
            $"%{value.Tensor?.Name} is of another graph than '{name}'; use values of one builder.");

    private string Scoped(string text) => scopes.Count == 0 ? text : $"{string.Join('.', scopes)}.{text}";

    private GraphValue Declare(List<GraphTensor> to, string name, TensorType type)
    {
        if (type.Columns < 1 || type.Rows.Count < 1)
            throw GraphException.Definition(null, name, $"%{name} is {type}; a tensor has 1 row or more, and 1 column or more.");
        var tensor = new GraphTensor(Scoped(name), type);
        to.Add(tensor);
        return new(this, tensor);
    }

    private sealed class EndOfScope(GraphBuilder builder) : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            if (ended) return;
            ended = true;
            builder.scopes.RemoveAt(builder.scopes.Count - 1);
        }
    }
}
