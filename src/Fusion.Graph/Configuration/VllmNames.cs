namespace Fusion.Graph;

/// <summary>Fields of vLLM's <c>pass_config</c>, of version 0.11 and later ones.</summary>
internal static class VllmNames
{
    /// <summary>Field of Fusion's configuration that each field of vLLM sets.</summary>
    public static readonly Dictionary<string, string> Fields = new(StringComparer.Ordinal)
    {
        ["enable_noop"] = "noOpElimination",
        ["eliminate_noops"] = "noOpElimination",
        ["enable_fusion"] = "normQuantFusion",
        ["fuse_norm_quant"] = "normQuantFusion",
        ["enable_fi_allreduce_fusion"] = "allReduceFusion",
        ["fuse_allreduce_rms"] = "allReduceFusion",
        ["fi_allreduce_fusion_max_size_mb"] = "maxSizeMb",
    };

    /// <summary>Meaning of vLLM's other fields, as a part of a sentence: passes and limits that Fusion does not
    /// have.</summary>
    public static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["enable_sp"] = "sequence parallelism",
        ["enable_sequence_parallelism"] = "sequence parallelism",
        ["sp_min_token_num"] = "the least tokens for sequence parallelism",
        ["fuse_gemm_comms"] = "matmuls that overlap with the exchange",
        ["enable_async_tp"] = "matmuls that overlap with the exchange",
        ["fuse_act_quant"] = "the fusion of an activation and quantization",
        ["fuse_attn_quant"] = "the fusion of attention and quantization",
        ["enable_attn_fusion"] = "the fusion of attention and quantization",
        ["enable_qk_norm_rope_fusion"] = "the fusion of the norms of queries and keys with rotary embedding",
        ["fuse_minimax_qk_norm"] = "the fusion of an all-reduce with the norms of queries and keys",
        ["fuse_act_padding"] = "the fusion of a norm and padding",
        ["fuse_mla_dual_rms_norm"] = "the fusion of two norms of latent attention",
        ["fuse_rope_kvcache"] = "the fusion of rotary embedding with writing the KV cache",
        ["fuse_rope_kvcache_cat_mla"] = "the fusion of rotary embedding with writing the KV cache",
        ["fuse_qk_norm_rope_kvcache"] = "the fusion of norms, rotary embedding and writing the KV cache",
        ["rope_kvcache_fusion_max_token_num"] = "the most tokens for a fusion with writing the KV cache",
        ["fi_allreduce_fusion_max_token_num"] = "a limit of the fused all-reduce in tokens, where Fusion has one in MiB (maxSizeMb)",
    };
}
