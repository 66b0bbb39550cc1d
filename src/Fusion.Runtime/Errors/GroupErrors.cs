using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Errors of groups of ranks that do not fit together, FUSION4001 to 4004, 4008 and 4009.</summary>
internal static class GroupErrors
{
    /// <summary>No kernels are for groups of so many ranks.</summary>
    public static FusionArgumentException WorldSize(int worldSize) => new(ErrorCodes.WorldSize, nameof(worldSize),
        $"A group of {worldSize} {(worldSize == 1 ? "rank" : "ranks")} was asked for, but a group has " +
        $"{AllReduceVocabulary.GroupSizeWords} ranks.");

    /// <summary>A GPU cannot use another one's memory.</summary>
    public static RankGroupException NoPeerAccess(string gpu, string peer) => new(ErrorCodes.NoPeerAccess, [],
        $"{gpu} cannot use the memory of {peer}: the driver has no peer access between the two. Ranks exchange through each " +
        "other's memory, so make the group of GPUs that have it: 'fusion doctor' and 'nvidia-smi topo -p2p rw' list them.");

    /// <summary>The driver claims peer access between two GPUs, but what one wrote into the other's memory did not
    /// arrive.</summary>
    public static RankGroupException PeerCheck(string gpu, string peer, byte wrote, byte read, string reader) =>
        new(ErrorCodes.PeerCheck, [], string.Create(CultureInfo.InvariantCulture,
            $"{gpu} wrote 0x{wrote:X2} into the memory of {peer}, but {reader} read 0x{read:X2} there, although the driver " +
            $"claims peer access between the two. Mostly PCIe's access control (ACS) or the IOMMU is in the way: switch it off " +
            $"in BIOS or hypervisor, or make the group of other GPUs."));

    /// <summary>The plans of two ranks differ, so that launched ranks would wait for each other until their timeout.</summary>
    public static RankGroupException PlanMismatch(int rank, int other, IReadOnlyList<string> differences) =>
        new(ErrorCodes.PlanMismatch, [rank, other],
            $"Rank {rank} and rank {other} do not have the same plan: {string.Join("; ", differences)}. Give all ranks the same " +
            "options and the same policy, and make groups of GPUs of one kind.");

    /// <summary>The blocks of all ranks on a GPU cannot be resident at the same time, so that ranks would wait for each other
    /// until their timeout.</summary>
    public static RankGroupException CoResidency(string gpu, string kernel, int ranks, int blocks) => new(ErrorCodes.CoResidency, [],
        $"{gpu} has room for {blocks} blocks of '{kernel}' at a time, but {ranks} ranks on it need one each at least. Put fewer " +
        "ranks on it, or take a smaller hidden size.");

    /// <summary>Ranks on a GPU would share queues of the driver and so wait for each other until their timeout.</summary>
    public static RankGroupException TooFewQueues(int gpu, int ranks, int queues) => new(ErrorCodes.CoResidency, [],
        string.Create(CultureInfo.InvariantCulture,
            $"{ranks} ranks were to share GPU {gpu}, but the driver was started with {queues} queues for streams, and ranks in one queue ") +
        "wait for each other until their timeout. Make the group before anything else uses a GPU, or start the program with " +
        "CUDA_DEVICE_MAX_CONNECTIONS=32.");

    /// <summary>The calls of two ranks differ. Those that CUDA graphs replay are not compared.</summary>
    public static RankGroupException CallMismatch(
        long call, int rank, int other, IReadOnlyList<(string What, string Value, string OtherValue)> differences) =>
        new(ErrorCodes.CallMismatch, [rank, other],
            $"In call {call}, {string.Join("; ", differences.Select(one => $"{one.What}: {one.Value} on rank {rank}, but {one.OtherValue} on rank {other}"))}. " +
            "All ranks must launch the same calls in the same order. Find the rank that is wrong, then call Reset.");
}
