using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Safetensors;

namespace Llama.Model.Graph;

/// <summary>A model as a graph of one rank. Nothing here knows of fusion.</summary>
public sealed class LlamaGraph
{
    /// <summary>Name of the input with the numbers of the tokens.</summary>
    public const string Tokens = "tokens";

    /// <summary>Name of the input with each token's position in its sequence.</summary>
    public const string Positions = "positions";

    /// <summary>Name of the input with each token's sequence.</summary>
    public const string Sequences = "sequences";

    /// <summary>Name of the output: f32 [tokens, vocabulary / ranks].</summary>
    public const string Logits = "logits";

    /// <summary>Name of the output of <see cref="BuildBody"/>: [tokens, hidden], what the projection to the vocabulary reads.</summary>
    public const string LastHidden = "hidden";

    /// <summary>Weights of one projection of several: their rows lie one behind the other.</summary>
    public const string QkvProjection = "self_attn.qkv_proj";

    /// <summary>Weights of gate and up in one.</summary>
    public const string GateUpProjection = "mlp.gate_up_proj";

    private const string DownProjection = "mlp.down_proj";

    private readonly ModelConfig config;
    private readonly LlamaOps ops;
    private readonly int ranks;
    private readonly ElementType type;
    private readonly GraphBuilder b;
    private GraphValue embedding;

    private LlamaGraph(ModelConfig config, LlamaOps ops, int ranks)
    {
        (this.config, this.ops, this.ranks) = (config, ops, ranks);
        type = TensorDataTypes.ElementOf(config.Type);
        b = new(config.Kind == ModelKind.Qwen3 ? "qwen3" : "llama");
    }

    /// <summary>Builds the graph of a model.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ops">The ops that the graph calls.</param>
    /// <param name="ranks">Number of ranks over which the model is spread.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public static TensorGraph Build(ModelConfig config, LlamaOps ops, int ranks)
    {
        var model = Of(config, ops, ranks);
        var last = model.Body();
        var head = model.config.IsTied ? model.embedding : model.b.Weight(ModelTensors.Head, config.Vocabulary / ranks, config.Hidden, model.type);
        return model.b.Output(Logits, last.Matmul(head, output: ElementType.Float32, name: "lm_head")).Build();
    }

    /// <summary>Builds the graph of a model without the projection to the vocabulary, for runners that project the tokens alone behind
    /// which one is chosen.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ops">The ops that the graph calls.</param>
    /// <param name="ranks">Number of ranks over which the model is spread.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes.</exception>
    public static TensorGraph BuildBody(ModelConfig config, LlamaOps ops, int ranks)
    {
        var model = Of(config, ops, ranks);
        return model.b.Output(LastHidden, model.Body()).Build();
    }

    private static LlamaGraph Of(ModelConfig config, LlamaOps ops, int ranks)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(ops);
        config.ThrowUnlessDivisible(ranks);
        return new(config, ops, ranks);
    }

    private GraphValue Body()
    {
        var integers = new TensorType(RowCount.Tokens, 1, ElementType.Int32);
        var (tokens, positions, sequences) = (b.Input(Tokens, integers), b.Input(Positions, integers), b.Input(Sequences, integers));
        embedding = b.Weight(ModelTensors.Embedding, config.Vocabulary / ranks, config.Hidden, type);
        var x = tokens.Call("embed", ops.Embedding(), embedding);
        GraphValue? residual = null;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            using var scope = b.Scope($"model.layers.{layer}");
            residual = Sum(x, residual, "input");
            x = Attend(Norm(residual.Value, "input_layernorm"), positions, sequences, layer);
            residual = Sum(x, residual, "attention");
            x = Mlp(Norm(residual.Value, "post_attention_layernorm"));
        }

        residual = Sum(x, residual, "last");
        return residual.Value.RmsNorm(b.Weight(ModelTensors.LastNorm, config.Hidden, type), config.Epsilon, name: "norm");
    }

    private static GraphValue Sum(GraphValue x, GraphValue? residual, string name)
    {
        var sum = x.AllReduce($"{name}_all_reduce");
        return residual is { } before ? sum.Add(before, $"{name}_residual") : sum;
    }

    private GraphValue Norm(GraphValue x, string name) => x.RmsNorm(b.Weight($"{name}.weight", config.Hidden, type), config.Epsilon, name: name);

    private GraphValue Attend(GraphValue x, GraphValue positions, GraphValue sequences, int layer)
    {
        const string Output = "self_attn.o_proj", QueryNorm = "self_attn.q_norm", KeyNorm = "self_attn.k_norm";
        GraphValue? scale = config.IsFp8 && ops.FusesQuantization ? b.Scalar($"{Output}.input_scale") : null;
        var (ofQueries, ofKeys) = (config.QuerySize / ranks, config.KeyValueSize / ranks);
        (string Name, int Columns)[] projections = [("self_attn.q_proj", ofQueries), ("self_attn.k_proj", ofKeys), ("self_attn.v_proj", ofKeys)];
        var isNormed = config.Kind == ModelKind.Qwen3;
        if (ops.TakesMergedProjections && (ops.NormsHeads || !isNormed))
        {
            GraphValue[] norms = isNormed ? [HeadWeight(QueryNorm), HeadWeight(KeyNorm)] : [];
            return Projected(ProjectMerged(x, QkvProjection, projections), scale is null ? ops.MergedAttention(layer, ofQueries) : ops.MergedAttentionFp8(layer, ofQueries), norms);
        }

        var parts = ProjectMany(x, QkvProjection, projections);
        var (q, k, v) = (parts[0], parts[1], parts[2]);
        if (isNormed) (q, k) = (HeadNorm(q, QueryNorm), HeadNorm(k, KeyNorm));
        return Projected(q, scale is null ? ops.Attention(layer) : ops.AttentionFp8(layer), k, v);

        GraphValue Projected(GraphValue first, CustomOp op, params GraphValue[] others) => scale is { } given
            ? OfCodes(first.Call("attention", op, [.. others, positions, sequences, given]), given, Output, config.Hidden)
            : Project(first.Call("attention", op, [.. others, positions, sequences]), Output, config.Hidden);
    }

    private GraphValue Mlp(GraphValue x)
    {
        var size = config.Intermediate / ranks;
        (string Name, int Columns)[] projections = [("mlp.gate_proj", size), ("mlp.up_proj", size)];
        GraphValue[] gateAndUp = ops.TakesMergedProjections ? [ProjectMerged(x, GateUpProjection, projections)] : ProjectMany(x, GateUpProjection, projections);
        if (!config.IsFp8 || !ops.FusesQuantization)
            return Project(gateAndUp[0].Call("swiglu", ops.TakesMergedProjections ? ops.MergedSwiGlu() : ops.SwiGlu(), gateAndUp[1..]), DownProjection, config.Hidden);
        var scale = b.Scalar($"{DownProjection}.input_scale");
        var op = ops.TakesMergedProjections ? ops.MergedSwiGluFp8() : ops.SwiGluFp8();
        return OfCodes(gateAndUp[0].Call("swiglu", op, [.. gateAndUp[1..], scale]), scale, DownProjection, config.Hidden);
    }

    private GraphValue HeadNorm(GraphValue heads, string name) => heads
        .View(RowCount.PerToken(heads.Type.Columns / config.HeadSize), config.HeadSize, $"{name}.heads")
        .RmsNorm(HeadWeight(name), config.Epsilon, name: name)
        .View(RowCount.Tokens, heads.Type.Columns, $"{name}.rows");

    private GraphValue HeadWeight(string norm) => b.Weight($"{norm}.weight", config.HeadSize, type);

    private GraphValue Project(GraphValue x, string name, int columns) => config.IsFp8
        ? Fp8(x, b.Scalar($"{name}.input_scale"), name, (name, columns))[0]
        : x.Matmul(b.Weight($"{name}.weight", columns, x.Type.Columns, type), name: name);

    // Several projections of one value: one matmul, or in FP8 one for each, since each weight has a scale of its own, unless the ops
    // want them merged.
    private GraphValue[] ProjectMany(GraphValue x, string together, params (string Name, int Columns)[] parts)
    {
        if (config.IsFp8 && !ops.TakesMergedProjections) return Fp8(x, b.Scalar($"{together}.input_scale"), together, parts);
        var all = ProjectMerged(x, together, parts);
        var values = new GraphValue[parts.Length];
        for (var (i, first) = (0, 0); i < parts.Length; first += parts[i++].Columns)
            values[i] = all.SliceColumns(first, parts[i].Columns, $"{parts[i].Name}.part");
        return values;
    }

    private GraphValue ProjectMerged(GraphValue x, string together, (string Name, int Columns)[] parts) =>
        Project(x, together, parts.Sum(part => part.Columns));

    private GraphValue[] Fp8(GraphValue x, GraphValue scale, string quantization, params (string Name, int Columns)[] parts)
    {
        var codes = x.StaticFp8(scale, $"{quantization}.quant");
        return [.. parts.Select(part => OfCodes(codes, scale, part.Name, part.Columns))];
    }

    private GraphValue OfCodes(GraphValue codes, GraphValue scale, string name, int columns) => codes.Matmul(
        b.Weight($"{name}.weight", columns, codes.Type.Columns, ElementType.Float8E4M3), output: type, inputScale: scale,
        weightScale: b.Scalar($"{name}.weight_scale"), name: name);
}
