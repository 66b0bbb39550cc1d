using System.Runtime.InteropServices;
using Fusion.Graph;

namespace Llama.Model.Graph;

/// <summary>Gives a compiled graph a rank's weights.</summary>
public static class GraphWeights
{
    private static readonly (string Together, string[] Parts)[] Merged =
    [
        (LlamaGraph.QkvProjection, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
        (LlamaGraph.GateUpProjection, ["mlp.gate_proj", "mlp.up_proj"]),
    ];

    /// <summary>Copies all weights of a rank into a compiled graph.</summary>
    /// <param name="graph">The compiled graph of <see cref="LlamaGraph"/>.</param>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="weights">Weights of that rank.</param>
    /// <param name="copied">Action that is told the bytes of each tensor when it is copied; null for none.</param>
    /// <exception cref="CheckpointException">A scale is no number above 0.</exception>
    public static void Set(CompiledGraph graph, int rank, ModelWeights weights, Action<long>? copied = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        foreach (var weight in graph.Report.Before.Weights)
        {
            var bytes = BytesOf(weights, weight.Name);
            graph.SetWeight<byte>(rank, weight.Name, bytes);
            copied?.Invoke(bytes.Length);
        }
    }

    private static byte[] BytesOf(ModelWeights weights, string name)
    {
        var parts = PartsOf(name);
        if (!name.EndsWith("_scale", StringComparison.Ordinal)) return [.. parts.SelectMany(part => weights.Shard(part).ToArray())];
        // Projections that read one value share its codes: those of the largest scale, so that nothing is cut off.
        var scale = parts.Max(weights.Scale);
        return MemoryMarshal.AsBytes([scale]).ToArray();
    }

    private static string[] PartsOf(string name)
    {
        foreach (var (together, parts) in Merged)
        {
            if (name.Contains(together, StringComparison.Ordinal)) return [.. parts.Select(part => name.Replace(together, part, StringComparison.Ordinal))];
        }

        return [name];
    }
}
