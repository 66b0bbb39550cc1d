namespace Fusion.Runtime;

/// <summary>A GPU cannot use another one's memory, so ranks on the two cannot exchange data.</summary>
public sealed class NoPeerAccessException : FusionException
{
    internal NoPeerAccessException(string gpu, int ordinal, string peer, int peerOrdinal)
        : base(ErrorCodes.NoPeerAccess,
            $"{gpu} cannot use the memory of {peer}: the driver has no peer access between the two. Ranks exchange through " +
            "each other's memory, so make the group of GPUs that have it: 'fusion doctor' and 'nvidia-smi topo -p2p rw' list them.") =>
        (Gpu, Peer) = (ordinal, peerOrdinal);

    /// <summary>Ordinal of the GPU that cannot use the memory.</summary>
    public int Gpu { get; }

    /// <summary>Ordinal of the GPU that has the memory.</summary>
    public int Peer { get; }
}
