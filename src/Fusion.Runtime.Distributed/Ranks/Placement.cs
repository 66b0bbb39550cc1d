using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Where the ranks of a group compute, of which all are told.</summary>
/// <param name="IsOnCpu">Whether the rank is on the CPU.</param>
internal sealed record Placement(bool IsOnCpu)
{
    /// <summary>Makes the group of a process, when all have said where their ranks are.</summary>
    /// <param name="rendezvous">Who this rank is.</param>
    /// <param name="connection">Connection to the other ranks.</param>
    /// <exception cref="RendezvousException">The ranks' places do not fit together.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static RankGroup MakeGroup(Rendezvous rendezvous, GroupConnection connection)
    {
        var own = new Placement(rendezvous.Device == Rendezvous.OnCpu);
        var all = connection.Member.Gather("placement", JsonSerializer.SerializeToUtf8Bytes(own, PlacementJson.Default.Placement))
            .Select(part => JsonSerializer.Deserialize(part, PlacementJson.Default.Placement)!).ToArray();
        if (Array.FindIndex(all, one => one.IsOnCpu != all[0].IsOnCpu) is var other and > 0)
            throw RendezvousErrors.OtherDevice(other, all[other].IsOnCpu);
        if (!own.IsOnCpu) throw new NotSupportedException();
        return RankGroup.PartialOnCpu(rendezvous.WorldSize, rendezvous.Rank, connection.NewPeers, connection);
    }
}

/// <summary>Reads and writes places without reflection.</summary>
[JsonSerializable(typeof(Placement))]
internal sealed partial class PlacementJson : JsonSerializerContext;
