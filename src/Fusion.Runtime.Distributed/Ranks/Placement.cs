using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Where a rank computes, of which all ranks are told.</summary>
/// <param name="IsOnCpu">Whether the rank is on the CPU.</param>
/// <param name="Gpu">Identity of its GPU, the same in all processes of a machine; empty on the CPU.</param>
/// <param name="Machine">Identity of its machine; empty if it shares no memory.</param>
internal sealed record Placement(bool IsOnCpu, string Gpu, string Machine = "")
{
    /// <summary>Makes the group of a process, when all have said where their ranks are.</summary>
    /// <param name="rendezvous">Who this rank is.</param>
    /// <param name="connection">Connection to the other ranks.</param>
    /// <exception cref="RendezvousException">The ranks' places do not fit together.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="NoGpuException">There is no driver, or no such GPU.</exception>
    public static RankGroup MakeGroup(Rendezvous rendezvous, GroupConnection connection)
    {
        var isOnCpu = rendezvous.Device == Rendezvous.OnCpu;
        var all = Tell(connection, new(isOnCpu, ""));
        if (Array.FindIndex(all, one => one.IsOnCpu != all[0].IsOnCpu) is var other and > 0)
            throw RendezvousErrors.OtherDevice(other, all[other].IsOnCpu);
        return isOnCpu
            ? RankGroup.PartialOnCpu(rendezvous.WorldSize, rendezvous.Rank, connection.NewPeers, connection)
            : OnGpu(rendezvous, connection);
    }

    private static RankGroup OnGpu(Rendezvous rendezvous, GroupConnection connection)
    {
        var ordinal = rendezvous.Device ?? (rendezvous.LocalRank ?? rendezvous.Rank) % Math.Max(GpuDevice.Count, 1);
        using var context = GpuContext.Open(ordinal);
        var machine = rendezvous.Machine ?? MachineIdentity.Value;
        var all = Tell(connection, new(false, IdentityOf(context.Device, machine), rendezvous.SharesMemory ? machine : ""));
        var ranksOnGpu = all.GroupBy(one => one.Gpu).Max(ranks => ranks.Count());
        var reachesAll = Array.TrueForAll(all, one => one.Machine.Length > 0 && one.Machine == all[0].Machine);
        var topology = all.Length == 1 ? GroupTopology.Gpus
            : !reachesAll ? GroupTopology.Machines
            : ranksOnGpu == all.Length ? GroupTopology.Loopback : GroupTopology.Gpus;
        var machines = topology == GroupTopology.Machines
            ? new GroupMachines(MachinesOf(all), rendezvous.Rank, near => ShareWithin(near, rendezvous, connection, ordinal)) : null;
        if (topology == GroupTopology.Machines) FusionEventSource.Log.RanksMet(WhyApart(all));
        var sharing = all.Length == 1 || topology == GroupTopology.Machines ? MemorySharing.None : GpuSharing.Find(connection, context);
        var gpus = new int?[all.Length];
        gpus[rendezvous.Rank] = ordinal;
        var group = RankGroup.Partial(topology, gpus, ranksOnGpu, connection.NewPeers, connection, sharing, machines);
        try
        {
            if (sharing != MemorySharing.None) LoadedCheck.Run(group, connection);
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    // A rank that shares no memory is as far from all others as one on a machine of its own.
    private static int[][] MachinesOf(Placement[] all) =>
        [.. Enumerable.Range(0, all.Length).GroupBy(rank => all[rank].Machine.Length > 0 ? all[rank].Machine : $"{rank}: alone").Select(ranks => ranks.ToArray())];

    // Only when it is wanted: most groups of several machines never share memory.
    private static MemorySharing ShareWithin(int[] near, Rendezvous rendezvous, GroupConnection connection, int ordinal)
    {
        using var context = GpuContext.Open(ordinal);
        connection.ShareWithin(near, rendezvous.SharesMemory);
        return GpuSharing.Find(connection, context, near);
    }

    private static string WhyApart(Placement[] all) => Array.FindIndex(all, one => one.Machine.Length == 0) is var alone and >= 0
        ? $"Memory of GPUs is not shared, since rank {alone} was told to share none: NCCL sums."
        : $"Memory of GPUs is not shared, since ranks 0 and {Array.FindIndex(all, one => one.Machine != all[0].Machine)} are on two machines: NCCL sums.";

    private static string IdentityOf(GpuDevice gpu, string machine)
    {
        var result = GpuDriver.Library.Device.GetUuid(gpu.Handle, out var identity);
        return result == Interop.Driver.CudaResult.Success ? $"{identity}" : $"{machine}: {gpu.Ordinal}";
    }

    private static Placement[] Tell(GroupConnection connection, Placement own) =>
        [.. connection.Member.Gather(own.Gpu.Length == 0 ? "devices" : "GPUs", JsonSerializer.SerializeToUtf8Bytes(own, PlacementJson.Default.Placement))
            .Select(part => JsonSerializer.Deserialize(part, PlacementJson.Default.Placement)!)];
}

/// <summary>Reads and writes places without reflection.</summary>
[JsonSerializable(typeof(Placement))]
internal sealed partial class PlacementJson : JsonSerializerContext;
