using System.Globalization;

namespace Fusion.Runtime;

/// <summary>The driver claims peer access between two GPUs, but what one wrote into the other's memory did not arrive.</summary>
public sealed class PeerCheckException : FusionException
{
    internal PeerCheckException(string gpu, int ordinal, string peer, int peerOrdinal, byte wrote, byte read, string reader)
        : base(ErrorCodes.PeerCheck, string.Create(CultureInfo.InvariantCulture,
            $"{gpu} wrote 0x{wrote:X2} into the memory of {peer}, but {reader} read 0x{read:X2} there, although the driver " +
            $"claims peer access between the two. Mostly PCIe's access control (ACS) or the IOMMU is in the way: switch it off " +
            $"in BIOS or hypervisor, or make the group of other GPUs.")) =>
        (Gpu, Peer) = (ordinal, peerOrdinal);

    /// <summary>Ordinal of the GPU that wrote.</summary>
    public int Gpu { get; }

    /// <summary>Ordinal of the GPU that has the memory.</summary>
    public int Peer { get; }
}
