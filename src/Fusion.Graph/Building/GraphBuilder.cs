using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Builds a graph in the order of the model: inputs and weights by its own members, ops by those of the values
/// (<see cref="GraphValue"/>).</summary>
/// <remarks>Each op is checked when it is added, so that the stack trace of an error shows the line that adds it. Use it
/// from one thread at a time.</remarks>
/// <param name="name">Name of the graph.</param>
public sealed class GraphBuilder(string name)
{
    private readonly List<GraphTensor> inputs = [];
    private readonly List<GraphTensor> weights = [];
    private readonly List<GraphOp> ops = [];
    private readonly List<GraphOperand> outputs = [];
    private readonly Dictionary<string, int> counters = new(StringComparer.Ordinal);
    private readonly List<string> scopes = [];

    /// <summary>Ops that were added so far.</summary>
    internal IReadOnlyList<GraphOp> Written => ops;

    /// <summary>Adds an input, which each run is given: [tokens, columns].</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="columns">Number of columns, mostly the hidden
    /// size.</param>
    /// <param name="type">Type of the elements.</param>
    public GraphValue Input(string name, int columns, ElementType type = ElementType.BFloat16) =>
        Input(name, new TensorType(RowCount.Tokens, columns, type));

    /// <summary>Adds an input of any type, which each run is given.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="type">Type and shape of the input.</param>
    public GraphValue Input(string name, TensorType type) => Declare(inputs, name, type);

#pragma warning disable RS0026 // The number of integers tells the two overloads apart, whatever options either gets.
    /// <summary>Adds a weight vector, given once for all runs, such as gamma of a norm: [1, columns].</summary>
    /// <param name="name">Name of the weight.</param>
    /// <param name="columns">Number of elements.</param>
    /// <param name="type">Type of the elements.</param>
    public GraphValue Weight(string name, int columns, ElementType type = ElementType.BFloat16) => Weight(name, 1, columns, type);

    /// <summary>Adds a weight matrix, given once for all runs: [rows, columns].</summary>
    /// <param name="name">Name of the weight.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="type">Type of the elements.</param>
    public GraphValue Weight(string name, int rows, int columns, ElementType type = ElementType.BFloat16) =>
        Declare(weights, name, new TensorType(RowCount.Of(rows), columns, type));
#pragma warning restore RS0026

    /// <summary>Adds a weight of one f32, given once for all runs, such as the scale of static FP8.</summary>
    /// <param name="name">Name of the weight.</param>
    public GraphValue Scalar(string name) => Weight(name, 1, 1, ElementType.Float32);

    /// <summary>Makes a value an output of the graph.</summary>
    /// <param name="name">Name of the output, by which a run gives it.</param>
    /// <param name="value">The value.</param>
    public GraphBuilder Output(string name, GraphValue value)
    {
        outputs.Add(new(name, Own(value)));
        return this;
    }

    /// <summary>Prefixes the names of everything that is added until the result is disposed, as with
    /// <c>layers.0.</c></summary>
    /// <param name="scope">The prefix, without the dot at its end.</param>
    public IDisposable Scope(string scope)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(scope);
        scopes.Add(scope);
        return new EndOfScope(this);
    }

    /// <summary>Adds a custom op, such as a matmul.</summary>
    /// <param name="op">The custom op.</param>
    /// <param name="arguments">Values that the op reads.</param>
    /// <param name="name">Name of the op in the graph; null for its kind and a number.</param>
    /// <returns>Results of the op, in the order of its shape function.</returns>
    /// <exception cref="GraphException">The op's shape function refuses the arguments.</exception>
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

    /// <summary>Makes the graph of everything that was added so far.</summary>
    /// <exception cref="GraphException">The graph is not valid, for example without outputs.</exception>
    public TensorGraph Build() => new(name, inputs, weights, ops, outputs);

    /// <summary>Checks and adds an op.</summary>
    internal T Add<T>(T op)
        where T : GraphOp
    {
        OpRules.Check(op);
        ops.Add(op);
        return op;
    }

    /// <summary>Makes the name of an op: the given one, or its kind and a number, prefixed by the scopes.</summary>
    internal string NameOf(string? given, string kind)
    {
        if (given is not null) return Scoped(given);
        var scoped = Scoped(kind);
        var number = counters.GetValueOrDefault(scoped);
        counters[scoped] = number + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{scoped}_{number}");
    }

    /// <summary>Gets the tensor of a value, which must belong to this builder.</summary>
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
