using Fusion.Runtime;

namespace Fusion.Graph.Tests.Support;

/// <summary>Stacks of layers with two all-reduces each, as a tensor-parallel model has them: without the first one's residual, or
/// with it.</summary>
internal static class Layers
{
    public const int Hidden = 64;

    /// <summary>Ops that a pattern matcher has to look through stand between, if they are asked for.</summary>
    public static TensorGraph Build(int layers, QuantizationKind quant, bool firstHasResidual = false, bool withNoOps = true)
    {
        var builder = new GraphBuilder("layers");
        var x = builder.Input("x", Hidden);
        GraphValue? residual = firstHasResidual ? builder.Input("residual", Hidden) : null;
        for (var layer = 0; layer < layers; layer++)
        {
            using var scope = builder.Scope($"layers.{layer}");
            foreach (var block in new[] { "attention", "mlp" })
            {
                var sum = Look(x.AllReduce($"{block}_sum"), withNoOps, block);
                residual = residual is { } before ? sum.Add(before, $"{block}_add") : sum;
                var norm = residual.Value.RmsNorm(builder.Weight($"{block}_gamma", Hidden), 1e-5f, name: $"{block}_norm");
                x = Block(builder, norm, quant, block);
            }
        }

        return builder.Output("x", x).Output("residual", residual!.Value).Build();
    }

    private static GraphValue Look(GraphValue sum, bool withNoOps, string block) =>
        withNoOps && block == "mlp" ? sum.View(RowCount.Tokens, Hidden, $"{block}_view") : sum;

    private static GraphValue Block(GraphBuilder builder, GraphValue norm, QuantizationKind quant, string block)
    {
        var matmul = CpuMatmul.To(ElementType.BFloat16);
        var weights = builder.Weight($"{block}_w", Hidden, Hidden);
        switch (quant)
        {
            case QuantizationKind.StaticFp8:
                return norm.StaticFp8(builder.Scalar($"{block}_scale"), $"{block}_quant").Call($"{block}_proj", matmul, weights);
            case QuantizationKind.NvFp4:
                var (codes, scales) = norm.NvFp4(builder.Scalar($"{block}_scale"), name: $"{block}_quant");
                return codes.Call($"{block}_proj", matmul, weights, scales);
            default:
                return norm.Call($"{block}_proj", matmul, weights);
        }
    }
}
