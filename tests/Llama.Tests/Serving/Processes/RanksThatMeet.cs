using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Serving.Processes;

namespace Llama.Tests.Serving.Processes;

/// <summary>Two ranks on the CPU that know each other by their connection alone, as processes do: the first has a server, the other follows.</summary>
internal static class RanksThatMeet
{
    /// <summary>Lets the ranks meet and serve.</summary>
    /// <param name="make">Makes the runner of a rank.</param>
    /// <param name="use">Uses the server of rank 0.</param>
    /// <param name="follow">What rank 1 does; null to follow until the end.</param>
    public static Task Serve(
        Func<RankGroup, IModelRunner> make, Func<Server, RankGroup, Task> use, Action<RankGroup, IModelRunner, RankBroadcast>? follow = null)
    {
        var address = RendezvousAddress.Unix($"@llama-test-{Guid.NewGuid():n}");
        return Task.WhenAll(
            Join(0, address, async (group, runner, steps) =>
            {
                using var leading = new LeadingRunner(runner, steps);
                await using var server = new Server(leading);
                await use(server, group);
            }, make),
            Join(1, address, (group, runner, steps) =>
            {
                using (runner)
                {
                    if (follow is not null) follow(group, runner, steps);
                    else new FollowingRank(runner, steps).Run();
                }

                return Task.CompletedTask;
            }, make));
    }

    private static Task Join(int rank, RendezvousAddress address, Func<RankGroup, IModelRunner, RankBroadcast, Task> act, Func<RankGroup, IModelRunner> make) =>
        Task.Run(async () =>
        {
            var rendezvous = new Rendezvous { Rank = rank, WorldSize = 2, Address = address, Device = Rendezvous.OnCpu, Timeout = TimeSpan.FromSeconds(20) };
            await using var group = await RankGroup.JoinAsync(rendezvous);
            var runner = make(group);
            await act(group, runner, new(group));
        });
}
