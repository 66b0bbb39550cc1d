using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Matmuls.</content>
public readonly partial record struct GraphValue
{
    /// <summary>Adds a matmul: this value times the transpose of a weight, with an optional bias.</summary>
    /// <param name="weight">Weight: [N, K] of this value's type, bf16, f16 or e4m3.</param>
    /// <param name="bias">Bias: [1, N]; null for none.</param>
    /// <param name="output">Type of the result; null for this value's type, and for bf16 where that is e4m3.</param>
    /// <param name="inputScale">Scales of this value's codes, for e4m3: f32 [1, 1], or [rows, 1] with a scale for each row; null for
    /// 1.</param>
    /// <param name="weightScale">Scales of the weight's codes, for e4m3: f32 [1, 1], or [N, 1] where each row of this value has one;
    /// null for 1.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <exception cref="GraphException">Types or shapes do not fit.</exception>
    public GraphValue Matmul(
        GraphValue weight, GraphValue? bias = null, ElementType? output = null, GraphValue? inputScale = null, GraphValue? weightScale = null,
        string? name = null)
    {
        var called = Builder.NameOf(name, Words.Matmul);
        var type = new TensorType(Type.Rows, weight.Type.Rows.Count, output ?? MatmulOp.DefaultOutput(Type.Elements));
        var op = Builder.Add(new MatmulOp(called, Tensor, Builder.Own(weight), new(called, type))
        {
            Bias = Own(bias),
            InputScale = Own(inputScale),
            WeightScale = Own(weightScale),
        });
        return new(Builder, op.Output);
    }

    private GraphTensor? Own(GraphValue? value) => value is { } given ? Builder.Own(given) : null;
}
