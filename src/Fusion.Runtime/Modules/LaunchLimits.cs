using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Limits of a launch that the GPU and a loaded kernel set.</summary>
/// <param name="Capability">Compute capability of the GPU.</param>
/// <param name="MaxThreads">Largest number of threads in a block of this kernel.</param>
/// <param name="StaticSharedBytes">Shared memory that the kernel declares, in bytes.</param>
/// <param name="MaxSharedBytes">Largest shared memory of a block in bytes, static and dynamic together.</param>
internal sealed record LaunchLimits(
    ComputeCapability Capability, int MaxThreads, int StaticSharedBytes, int MaxSharedBytes)
{
    /// <summary>Shared memory in bytes that a block may have without an opt-in of the kernel.</summary>
    public const int SharedBytesWithoutOptIn = 48 * 1024;

    /// <summary>Largest number of blocks in a cluster that every GPU with clusters supports.</summary>
    public const int PortableClusterSize = 8;

    /// <summary>Whether the code was compiled for GPUs with clusters and PDL. Code for older ones, such as PTX of compute_80 on a newer
    /// GPU, does not wait for the kernel ahead.</summary>
    public bool IsCodeForHopper { get; init; } = true;

    /// <summary>Whether the GPU has clusters and PDL (programmatic dependent launch).</summary>
    public bool IsHopperOrLater => Capability >= new ComputeCapability(9, 0);

    /// <summary>Largest dynamic shared memory of a block in bytes.</summary>
    public int MaxDynamicSharedBytes => MaxSharedBytes - StaticSharedBytes;
}
