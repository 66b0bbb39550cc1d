using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Where a rank computes, of which all ranks are told.</summary>
/// <param name="IsOnCpu">Whether the rank is on the CPU.</param>
/// <param name="Gpu">Identity of its GPU, the same in all processes of a machine; empty on the CPU.</param>
internal sealed record Placement(bool IsOnCpu, string Gpu)
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
        var all = Tell(connection, new(false, IdentityOf(context.Device))).Select(one => one.Gpu).ToArray();
        var ranksOnGpu = all.GroupBy(gpu => gpu).Max(ranks => ranks.Count());
        var topology = all.Length > 1 && ranksOnGpu == all.Length ? GroupTopology.Loopback : GroupTopology.Gpus;
        var sharing = all.Length == 1 ? MemorySharing.None : GpuSharing.Find(connection, context);
        var gpus = new int?[all.Length];
        gpus[rendezvous.Rank] = ordinal;
        var group = RankGroup.Partial(topology, gpus, ranksOnGpu, connection.NewPeers, connection, sharing);
        try
        {
            if (all.Length > 1) LoadedCheck.Run(group, connection);
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    private static string IdentityOf(GpuDevice gpu)
    {
        var result = GpuDriver.Library.Device.GetUuid(gpu.Handle, out var identity);
        return result == Interop.Driver.CudaResult.Success ? $"{identity}" : $"{Environment.MachineName}: {gpu.Ordinal}";
    }

    private static Placement[] Tell(GroupConnection connection, Placement own) =>
        [.. connection.Member.Gather(own.Gpu.Length == 0 ? "devices" : "GPUs", JsonSerializer.SerializeToUtf8Bytes(own, PlacementJson.Default.Placement))
            .Select(part => JsonSerializer.Deserialize(part, PlacementJson.Default.Placement)!)];
}

/// <summary>Reads and writes places without reflection.</summary>
[JsonSerializable(typeof(Placement))]
internal sealed partial class PlacementJson : JsonSerializerContext;
