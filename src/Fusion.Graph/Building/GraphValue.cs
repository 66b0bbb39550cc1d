using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A value of a graph that is being built, with members that add ops on it. An op without a given name is named by
/// its kind and a number.</summary>
public readonly partial record struct GraphValue
{
    internal GraphValue(GraphBuilder builder, GraphTensor tensor) => (Builder, Tensor) = (builder, tensor);

    /// <summary>Tensor of the value in the graph.</summary>
    public GraphTensor Tensor { get; }

    /// <summary>Type and shape of the value.</summary>
    public TensorType Type => Tensor.Type;

    internal GraphBuilder Builder { get; }

    /// <summary>Adds an all-reduce: the sum over the ranks of a group.</summary>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <param name="group">Name of the group.</param>
    public GraphValue AllReduce(string? name = null, string group = "tp")
    {
        var called = Builder.NameOf(name, "all_reduce");
        return Row(new RowOp(called, Tensor) { Group = group, AllReduceOut = Result(called) }, Roles.AllReduceOut);
    }

    /// <summary>Adds a residual add: the sum with another value of the same type.</summary>
    /// <param name="other">The other value.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue Add(GraphValue other, string? name = null)
    {
        var called = Builder.NameOf(name, Words.Residual);
        return Row(new RowOp(called, Tensor) { Residual = Builder.Own(other), ResidualOut = Result(called) }, Roles.ResidualOut);
    }

    /// <summary>Adds an RMSNorm.</summary>
    /// <param name="gamma">Weights: [1, H].</param>
    /// <param name="epsilon">Number that is added to the mean square.</param>
    /// <param name="weightBias">Number that is added to each weight: 1 for weights stored as gamma − 1.</param>
    /// <param name="roundedTwice">Whether the result is also rounded before the multiplication by the weight, as Hugging
    /// Face's Llama does.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue RmsNorm(
        GraphValue gamma, float epsilon, float weightBias = 0, bool roundedTwice = false, string? name = null) =>
        Normalize(gamma, null, new(roundedTwice ? NormKind.RmsRoundedTwice : NormKind.Rms, epsilon, weightBias), name);

    /// <summary>Adds a LayerNorm.</summary>
    /// <param name="gamma">Weights: [1, H].</param>
    /// <param name="beta">Bias: [1, H]; null for none.</param>
    /// <param name="epsilon">Number that is added to the variance.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue LayerNorm(GraphValue gamma, GraphValue? beta, float epsilon, string? name = null) =>
        Normalize(gamma, beta, new(NormKind.Layer, epsilon), name);

    /// <summary>Adds a residual add and an RMSNorm as one op.</summary>
    /// <param name="residual">Residual that is added, of the same type.</param>
    /// <param name="gamma">Weights: [1, H].</param>
    /// <param name="epsilon">Number that is added to the mean square.</param>
    /// <param name="weightBias">Number that is added to each weight.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>The sum, which is the next residual, and the norm of it.</returns>
    public (GraphValue Residual, GraphValue Norm) AddRmsNorm(
        GraphValue residual, GraphValue gamma, float epsilon, float weightBias = 0, string? name = null)
    {
        var called = Builder.NameOf(name, "residual_rmsnorm");
        var op = Builder.Add(new RowOp(called, Tensor)
        {
            Residual = Builder.Own(residual),
            Norm = new(NormKind.Rms, epsilon, weightBias),
            Gamma = Builder.Own(gamma),
            ResidualOut = new($"{called}.residual", Type),
            NormOut = Result(called),
        });
        return (new(Builder, op.ResidualOut!), new(Builder, op.NormOut!));
    }

    private GraphValue Normalize(GraphValue gamma, GraphValue? beta, NormSpec norm, string? name)
    {
        var called = Builder.NameOf(name, NameOf(CallWords.WordOf(norm.Kind)));
        return Row(new RowOp(called, Tensor)
        {
            Norm = norm,
            Gamma = Builder.Own(gamma),
            Beta = beta is { } addend ? Builder.Own(addend) : null,
            NormOut = Result(called),
        }, Roles.NormOut);
    }

    private GraphValue Row(RowOp op, string result)
    {
        Builder.Add(op);
        return new(Builder, op.Outputs.First(output => output.Role == result).Tensor);
    }

    private GraphTensor Result(string name) => new(name, Type);

    // Names of ops are parts of names of values.
    private static string NameOf(string word) => word.Replace('-', '_');
}
