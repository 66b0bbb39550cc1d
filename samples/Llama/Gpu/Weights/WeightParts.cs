using Llama.Model.Graph;

namespace Llama.Gpu.Weights;

/// <summary>The tensors of a checkpoint that make up a weight of the graph.</summary>
internal static class WeightParts
{
    private static readonly (string Together, string[] Parts)[] Merged =
    [
        (LlamaGraph.QkvProjection, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
        (LlamaGraph.GateUpProjection, ["mlp.gate_proj", "mlp.up_proj"]),
    ];

    /// <summary>Gets the names of the tensors, in the order of their rows.</summary>
    /// <param name="weight">Name of the weight.</param>
    public static string[] Of(string weight)
    {
        foreach (var (together, parts) in Merged)
        {
            if (weight.Contains(together, StringComparison.Ordinal)) return [.. parts.Select(part => weight.Replace(together, part, StringComparison.Ordinal))];
        }

        return [weight];
    }

    /// <summary>Tells whether a weight is the scale of a tensor: one f32, whatever the checkpoint has, and of several the
    /// largest.</summary>
    /// <param name="weight">Name of the weight.</param>
    public static bool IsScale(string weight) => weight.EndsWith("_scale", StringComparison.Ordinal);
}
