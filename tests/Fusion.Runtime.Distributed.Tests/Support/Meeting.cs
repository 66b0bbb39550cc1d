using System.Net;
using System.Net.Sockets;

namespace Fusion.Runtime.Distributed.Tests.Support;

/// <summary>Ranks that meet within this process.</summary>
internal static class Meeting
{
    /// <summary>Makes what a rank on the CPU knows.</summary>
    public static Rendezvous Of(int rank, int worldSize, RendezvousAddress address) => new()
    {
        Rank = rank,
        WorldSize = worldSize,
        Address = address,
        Device = Rendezvous.OnCpu,
        Timeout = TimeSpan.FromSeconds(20),
    };

    public static RendezvousAddress NewAddress() => RendezvousAddress.Unix($"@fusion-test-{Guid.NewGuid():n}");

    /// <summary>Finds a port of the loopback interface that is free now.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Lets ranks meet, and each use the group on a thread of its own.</summary>
    public static Task Together(int ranks, Action<RankGroup> use, TimeSpan? timeout = null, RendezvousAddress? address = null)
    {
        var where = address ?? NewAddress();
        return Task.WhenAll(Enumerable.Range(0, ranks).Select(rank => Task.Run(async () =>
        {
            var own = Of(rank, ranks, where);
            await using var group = await RankGroup.JoinAsync(own with { Timeout = timeout ?? own.Timeout });
            use(group);
        })));
    }

    /// <summary>Lets ranks meet, and says for each how that ended.</summary>
    public static async Task<string[]> Try(params Rendezvous[] ranks)
    {
        var joins = ranks.Select(rank => RankGroup.JoinAsync(rank)).ToArray();
        await Task.WhenAll(joins).ContinueWith(_ => { }, TaskScheduler.Default);
        var ends = joins.Select(join => join.IsCompletedSuccessfully ? "met" : join.Exception!.InnerException!.Message).ToArray();
        // All at a time, as processes would.
        await Task.WhenAll(joins.Where(join => join.IsCompletedSuccessfully).Select(join => join.Result.DisposeAsync().AsTask()));
        return ends;
    }

    /// <summary>Lets all ranks of a group meet.</summary>
    public static Task<string[]> Try(int worldSize, RendezvousAddress address, Func<Rendezvous, Rendezvous>? change = null) =>
        Try([.. Enumerable.Range(0, worldSize).Select(rank => (change ?? (same => same))(Of(rank, worldSize, address)))]);
}
