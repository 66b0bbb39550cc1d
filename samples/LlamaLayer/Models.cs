using Fusion.Graph;
using Fusion.Runtime;

/// <summary>Decoder layers as a model author writes them: nothing here knows of fusion. x is what each rank has of the layer
/// before, not yet summed, and so is the layer's own result.</summary>
internal static class Models
{
    /// <summary>Llama 3: all four projections read static FP8.</summary>
    public static TensorGraph Llama3Fp8(Shapes s, int layers = 1)
    {
        var b = new GraphBuilder("llama3-fp8");
        var x = b.Input("x", s.Hidden);
        var residual = b.Input("residual", s.Hidden);
        for (var layer = 0; layer < layers; layer++)
        {
            using var scope = b.Scope($"layers.{layer}");

            residual = x.AllReduce("mlp_all_reduce").Add(residual, "mlp_residual");
            var n = residual.RmsNorm(b.Weight("input_norm", s.Hidden), s.Epsilon, name: "input_layernorm");
            var qkv = Linear(b, n, s.Query + (2 * s.KeyValue), "qkv_proj");
            var attention = qkv.Call("attention",
                CpuOps.Attention(s.Heads / Shapes.Ranks, s.KeyValueHeads / Shapes.Ranks, s.HeadSize));

            x = Linear(b, attention, s.Hidden, "o_proj");
            residual = x.AllReduce("attention_all_reduce").Add(residual, "attention_residual");
            n = residual.RmsNorm(b.Weight("post_norm", s.Hidden), s.Epsilon, name: "post_attention_layernorm");
            var gated = Linear(b, n, 2 * s.FfnOfARank, "gate_up_proj").Call("silu_and_mul", CpuOps.SiluAndMul);
            x = Linear(b, gated, s.Hidden, "down_proj");
        }

        return b.Output("x", x).Output("residual", residual).Build();

        static GraphValue Linear(GraphBuilder b, GraphValue x, int columns, string name)
        {
            var scale = b.Scalar($"{name}.input_scale");
            var codes = x.StaticFp8(scale, $"{name}.quant");
            return codes.Call(name, CpuOps.Fp8Matmul,
                b.Weight($"{name}.weight", columns, x.Type.Columns, ElementType.Float8E4M3), scale);
        }
    }

    /// <summary>Qwen3: projections read NVFP4, and queries and keys have a norm of their own in each head.</summary>
    public static TensorGraph Qwen3NvFp4(Shapes s, int layers = 1)
    {
        var b = new GraphBuilder("qwen3-nvfp4");
        var x = b.Input("x", s.Hidden);
        var residual = b.Input("residual", s.Hidden);
        for (var layer = 0; layer < layers; layer++)
        {
            using var scope = b.Scope($"layers.{layer}");

            residual = x.AllReduce("mlp_all_reduce").Add(residual, "mlp_residual");
            var n = residual.RmsNorm(b.Weight("input_norm", s.Hidden), s.Epsilon, name: "input_layernorm");
            var qkv = Linear(b, n, s.Query + (2 * s.KeyValue), "qkv_proj");
            var q = HeadNorm(b, qkv.SliceColumns(0, s.Query, "q"), s, "q_norm");
            var k = HeadNorm(b, qkv.SliceColumns(s.Query, s.KeyValue, "k"), s, "k_norm");
            var v = qkv.SliceColumns(s.Query + s.KeyValue, s.KeyValue, "v");
            var attention = q.Call("attention",
                CpuOps.AttentionOfParts(s.Heads / Shapes.Ranks, s.KeyValueHeads / Shapes.Ranks, s.HeadSize), k, v);

            x = Linear(b, attention, s.Hidden, "o_proj");
            residual = x.AllReduce("attention_all_reduce").Add(residual, "attention_residual");
            n = residual.RmsNorm(b.Weight("post_norm", s.Hidden), s.Epsilon, name: "post_attention_layernorm");
            var gated = Linear(b, n, 2 * s.FfnOfARank, "gate_up_proj").Call("silu_and_mul", CpuOps.SiluAndMul);
            x = Linear(b, gated, s.Hidden, "down_proj");
        }

        return b.Output("x", x).Output("residual", residual).Build();

        static GraphValue HeadNorm(GraphBuilder b, GraphValue heads, Shapes s, string name) => heads
            .View(RowCount.PerToken(heads.Type.Columns / s.HeadSize), s.HeadSize, $"{name}.heads")
            .RmsNorm(b.Weight($"{name}.weight", s.HeadSize), s.Epsilon, name: name)
            .View(RowCount.Tokens, heads.Type.Columns, $"{name}.rows");

        static GraphValue Linear(GraphBuilder b, GraphValue x, int columns, string name)
        {
            var global = b.Scalar($"{name}.input_global_scale");
            var (codes, scales) = x.NvFp4(global, name: $"{name}.quant");
            return codes.Call(name, CpuOps.NvFp4Matmul, b.Weight($"{name}.weight", columns, x.Type.Columns), scales, global);
        }
    }
}
