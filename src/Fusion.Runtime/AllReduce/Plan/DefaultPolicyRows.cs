namespace Fusion.Runtime;

/// <summary>Built-in limits of the strategies: measured for 2 to 4 H100s, by a model of these for more of them, else those that other
/// projects use on the same chips. A policy file, as <c>fusion tune</c> writes it, replaces them.</summary>
internal static class DefaultPolicyRows
{
    private const long KiB = 1024;
    private const long MiB = 1024 * KiB;

    // vLLM, csrc/custom_all_reduce.cuh: one stage always for 2 ranks, below 512 KiB for up to 4, below 256 KiB for up to 8, two
    // stages above; custom_all_reduce.py gives all to NCCL from 8 MiB on. Written for A100s joined by NVLink.
    private const string VllmA100 = "vLLM's limits of an A100";

    // SGLang's limits tuned on an H200: one-shot up to 16 MiB for 2 ranks, 1.25 MiB for 3, 384 KiB for 4, 192 KiB for 5, 128
    // KiB for 6 to 8; two-shot up to 128 MiB for 2 to 4 ranks, 32 MiB for 5 to 8. vLLM's limits of FlashInfer's fused
    // one-shot (32, 2 and 0.5 MiB for 2, 4 and 8) are higher, but they choose between it and NCCL, not a two-shot.
    private const string SglangH200 = "SGLang's limits tuned on an H200";

    // bench/results/allreduce-4xh100.csv: two-shot is faster from more than 4 MiB on with 2 GPUs, 384 KiB with 3, 192 KiB with 4. The
    // fastest strategy is missed by at most 6% in a call, and by 1% on average.
    private const string MeasuredH100 = "measured on H100s joined by NVLink";

    // bench/notes.md, "Limits, and the model for more GPUs": one-shot takes 3.0 µs a MiB and peer, two-shot 3.4 µs a MiB for 2 / ranks
    // of the peers and begins 0.5 to 1.0 µs later. Fitted to the points above, so nobody knows how far it is off. Where two-shot
    // ends, it does not say: as on an H200.
    private const string ModelOfH100 = "by a model fitted to 2 to 4 H100s, not measured; two-shot's as on an H200";

    // vLLM's limits of FlashInfer's fused one-shot on a B200: 32 MiB for 2 ranks, 4 MiB for 4, 1 MiB for 8, NCCL above; odd
    // numbers of ranks take the next higher one's. Nobody says where a two-shot ends there: as on an H200.
    private const string VllmB200 = "vLLM's limits of a B200, two-shot's as on an H200";

    // Nobody publishes limits for 16 ranks of a GPU each: half of what 8 ranks have.
    private const string Sixteen = "nothing is known of 16 ranks: half the limits of 8";

    // Any other GPU: the smallest limits above, which cost least where they are wrong.
    private const string Unknown = "nothing is known of this GPU: the smallest limits of the others";

    /// <summary>Rows of the default policy: for each architecture and world size one for ranks on GPUs of their own and one
    /// for loopback.</summary>
    public static IReadOnlyList<AllReducePolicyRow> All { get; } =
    [
        .. Rows("sm_80", 8 * MiB, 8 * MiB, VllmA100, 2),
        .. Rows("sm_80", 512 * KiB, 8 * MiB, VllmA100, 3, 4),
        .. Rows("sm_80", 256 * KiB, 8 * MiB, VllmA100, 5, 6, 7, 8),
        .. Rows("sm_80", 128 * KiB, 4 * MiB, Sixteen, 16),

        .. BetweenGpus("sm_90", 4 * MiB, 128 * MiB, MeasuredH100, 2),
        .. BetweenGpus("sm_90", 384 * KiB, 128 * MiB, MeasuredH100, 3),
        .. BetweenGpus("sm_90", 192 * KiB, 128 * MiB, MeasuredH100, 4),
        .. BetweenGpus("sm_90", 128 * KiB, 32 * MiB, ModelOfH100, 5),
        .. BetweenGpus("sm_90", 96 * KiB, 32 * MiB, ModelOfH100, 6),
        .. BetweenGpus("sm_90", 80 * KiB, 32 * MiB, ModelOfH100, 7),
        .. BetweenGpus("sm_90", 64 * KiB, 32 * MiB, ModelOfH100, 8),
        .. BetweenGpus("sm_90", 24 * KiB, 16 * MiB, ModelOfH100, 16),
        .. OnOneGpu("sm_90", 16 * MiB, SglangH200, 2),
        .. OnOneGpu("sm_90", 1280 * KiB, SglangH200, 3),
        .. OnOneGpu("sm_90", 384 * KiB, SglangH200, 4),
        .. OnOneGpu("sm_90", 192 * KiB, SglangH200, 5),
        .. OnOneGpu("sm_90", 128 * KiB, SglangH200, 6, 7, 8),
        .. OnOneGpu("sm_90", 64 * KiB, Sixteen, 16),

        .. Rows("sm_100", 32 * MiB, 128 * MiB, VllmB200, 2),
        .. Rows("sm_100", 4 * MiB, 128 * MiB, VllmB200, 3, 4),
        .. Rows("sm_100", 1 * MiB, 32 * MiB, VllmB200, 5, 6, 7, 8),
        .. Rows("sm_100", 512 * KiB, 16 * MiB, Sixteen, 16),

        .. Rows(null, 4 * MiB, 8 * MiB, Unknown, 2),
        .. Rows(null, 384 * KiB, 8 * MiB, Unknown, 3),
        .. Rows(null, 192 * KiB, 8 * MiB, Unknown, 4),
        .. BetweenGpus(null, 128 * KiB, 8 * MiB, Unknown, 5),
        .. BetweenGpus(null, 96 * KiB, 8 * MiB, Unknown, 6),
        .. BetweenGpus(null, 80 * KiB, 8 * MiB, Unknown, 7),
        .. BetweenGpus(null, 64 * KiB, 8 * MiB, Unknown, 8),
        .. BetweenGpus(null, 24 * KiB, 4 * MiB, Unknown, 16),
        .. OnOneGpu(null, 192 * KiB, Unknown, 5),
        .. OnOneGpu(null, 128 * KiB, Unknown, 6, 7, 8),
        .. OnOneGpu(null, 64 * KiB, Unknown, 16),
    ];

    private static IEnumerable<AllReducePolicyRow> Rows(
        string? architecture, long oneShot, long twoShot, string source, params int[] worldSizes) =>
        BetweenGpus(architecture, oneShot, twoShot, source, worldSizes).Concat(OnOneGpu(architecture, oneShot, source, worldSizes));

    private static IEnumerable<AllReducePolicyRow> BetweenGpus(
        string? architecture, long oneShot, long twoShot, string source, params int[] worldSizes) =>
        worldSizes.Select(ranks => new AllReducePolicyRow
        {
            Architecture = architecture,
            Topology = GroupTopology.Gpus,
            WorldSize = ranks,
            OneShotUpTo = oneShot,
            TwoShotUpTo = twoShot,
            Source = source,
        });

    // On one GPU no library can sum over the ranks, so two-shot is used as far as the workspace goes.
    private static IEnumerable<AllReducePolicyRow> OnOneGpu(string? architecture, long oneShot, string source, params int[] worldSizes) =>
        worldSizes.Select(ranks => new AllReducePolicyRow
        {
            Architecture = architecture,
            Topology = GroupTopology.Loopback,
            WorldSize = ranks,
            OneShotUpTo = oneShot,
            TwoShotUpTo = null,
            Source = $"{source}, taken over for ranks on one GPU",
        });
}
