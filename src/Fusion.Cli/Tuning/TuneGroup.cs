using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>A group of ranks whose limits are measured.</summary>
/// <param name="Gpu">Product name of the GPUs.</param>
/// <param name="Capability">Compute capability of the GPUs.</param>
/// <param name="Topology">Topology of the group.</param>
/// <param name="Gpus">Ordinal of each rank's GPU.</param>
internal sealed record TuneGroup(string Gpu, ComputeCapability Capability, GroupTopology Topology, IReadOnlyList<int> Gpus)
{
    // Ranks on one GPU are for tests and benchmarks: a few world sizes do.
    private static readonly int[] OnOneGpu = [2, 4, 8];

    /// <summary>World size.</summary>
    public int Ranks => Gpus.Count;

    /// <summary>Finds the groups that several GPUs allow: between GPUs of one name each world size up to all of them, and ranks on
    /// one GPU where it is the only one of its name.</summary>
    /// <param name="gpus">The GPUs.</param>
    public static IReadOnlyList<TuneGroup> Of(IEnumerable<GpuDevice> gpus) =>
        Of(gpus.Select(gpu => (gpu.Ordinal, gpu.Name, gpu.Capability)));

    /// <summary>Finds the groups that GPUs of these ordinals, names and capabilities allow.</summary>
    public static IReadOnlyList<TuneGroup> Of(IEnumerable<(int Ordinal, string Name, ComputeCapability Capability)> gpus) =>
    [
        .. gpus.GroupBy(gpu => (gpu.Name, gpu.Capability)).SelectMany(same =>
        {
            int[] ordinals = [.. same.Select(gpu => gpu.Ordinal)];
            return ordinals.Length == 1
                ? OnOneGpu.Select(ranks => Make(GroupTopology.Loopback, Enumerable.Repeat(ordinals[0], ranks)))
                : AllReduceVocabulary.WorldSizes.Where(ranks => ranks <= ordinals.Length)
                    .Select(ranks => Make(GroupTopology.Gpus, ordinals.Take(ranks)));

            TuneGroup Make(GroupTopology topology, IEnumerable<int> ranks) => new(same.Key.Name, same.Key.Capability, topology, [.. ranks]);
        }),
    ];
}
