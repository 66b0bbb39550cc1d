using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A value of a graph that is being written, and the ops that can follow it. Each op may be given a name; without
/// one, it gets one of its kind and a number.</summary>
public readonly partial record struct GraphValue
{
    internal GraphValue(GraphBuilder builder, GraphTensor tensor) => (Builder, Tensor) = (builder, tensor);

    /// <summary>The value.</summary>
    public GraphTensor Tensor { get; }

    /// <summary>What it is.</summary>
    public TensorType Type => Tensor.Type;

    internal GraphBuilder Builder { get; }

    /// <summary>The sum over the ranks of a group.</summary>
    /// <param name="group">Name of the group.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue AllReduce(string group = "tp", string? name = null)
    {
        var called = Builder.NameOf(name, "all_reduce");
        return Row(new RowOp(called, Tensor) { Group = group, AllReduceOut = Result(called) }, Roles.AllReduceOut);
    }

    /// <summary>The sum with another value of the same type.</summary>
    /// <param name="other">The other value.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue Add(GraphValue other, string? name = null)
    {
        var called = Builder.NameOf(name, Words.Residual);
        return Row(new RowOp(called, Tensor) { Residual = Builder.Own(other), ResidualOut = Result(called) }, Roles.ResidualOut);
    }

    /// <summary>RMSNorm.</summary>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight: 1 for weights stored as gamma − 1.</param>
    /// <param name="roundedTwice">Whether it is rounded before the weight too, as Hugging Face's Llama does.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue RmsNorm(
        GraphValue gamma, float epsilon, float weightBias = 0, bool roundedTwice = false, string? name = null) =>
        Normalize(gamma, null, new(roundedTwice ? NormKind.RmsRoundedTwice : NormKind.Rms, epsilon, weightBias), name);

    /// <summary>LayerNorm.</summary>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="beta">What is added, [1, H]; null for nothing.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="name">Name of the op.</param>
    public GraphValue LayerNorm(GraphValue gamma, GraphValue? beta, float epsilon, string? name = null) =>
        Normalize(gamma, beta, new(NormKind.Layer, epsilon), name);

    /// <summary>Residual add and RMSNorm as one op.</summary>
    /// <param name="residual">What is added.</param>
    /// <param name="gamma">Weights, [1, H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weightBias">Added to each weight.</param>
    /// <param name="name">Name of the op.</param>
    /// <returns>The sum, which is the next residual, and its norm.</returns>
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
