using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>What the GPU and a loaded kernel allow.</summary>
/// <param name="Capability">The GPU's compute capability.</param>
/// <param name="MaxThreads">The most threads in a block of this kernel.</param>
/// <param name="StaticSharedBytes">Shared memory that the kernel declares.</param>
/// <param name="MaxSharedBytes">The most shared memory of a block, static and dynamic together.</param>
internal sealed record LaunchLimits(
    ComputeCapability Capability, int MaxThreads, int StaticSharedBytes, int MaxSharedBytes)
{
    /// <summary>Shared memory that every kernel may have; beyond it, the kernel has to opt in.</summary>
    public const int SharedBytesWithoutOptIn = 48 * 1024;

    /// <summary>The largest cluster that every GPU with clusters has.</summary>
    public const int PortableClusterSize = 8;

    /// <summary>Whether the GPU has clusters and programmatic dependent launch.</summary>
    public bool IsHopperOrLater => Capability >= new ComputeCapability(9, 0);

    /// <summary>The most dynamic shared memory.</summary>
    public int MaxDynamicSharedBytes => MaxSharedBytes - StaticSharedBytes;
}
