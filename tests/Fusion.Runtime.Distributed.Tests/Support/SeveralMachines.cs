using Fusion.Emulation;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime.Distributed.Tests.Support;

/// <summary>Ranks that say they are on machines of their own: emulated GPUs of this process, which share no memory.</summary>
internal static class SeveralMachines
{
    /// <summary>Lets ranks meet, and each do its work.</summary>
    /// <param name="count">World size.</param>
    /// <param name="library">NCCL that operations of the group share; null for the one that the loader finds.</param>
    /// <param name="work">What a rank does.</param>
    public static Task Together(int count, NcclLibrary? library, Func<RankGroup, Task> work) =>
        Together([.. Enumerable.Range(0, count)], library, work);

    /// <summary>Does the same for ranks of which several may say they are on the same machine.</summary>
    /// <param name="machines">Number of each rank's machine.</param>
    /// <param name="library">NCCL that operations of the group share; null for the one that the loader finds.</param>
    /// <param name="work">What a rank does.</param>
    public static async Task Together(int[] machines, NcclLibrary? library, Func<RankGroup, Task> work)
    {
        var count = machines.Length;
        Emulator.Use(new() { Gpus = count });
        var address = Meeting.NewAddress();
        await Task.WhenAll(Enumerable.Range(0, count).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(
                Meeting.Of(rank, count, address) with { Device = rank, Machine = $"machine {machines[rank]}", Timeout = TimeSpan.FromMinutes(1) });
            if (library is not null) group.MakeNccl = ranks => new(ranks, library, 0);
            await work(group);
        })));
    }

    /// <summary>Waits until a rank hears of a failure of another one.</summary>
    /// <param name="look">Throws when it has heard.</param>
    /// <param name="message">Words of the failure.</param>
    public static async Task Hear<T>(Action look, string message)
        where T : FusionException
    {
        for (var end = Deadline.After(TimeSpan.FromSeconds(20)); ; await Task.Delay(5))
        {
            try
            {
                look();
                Assert.That(end.IsOver, Is.False, "nothing was heard");
            }
            catch (T e)
            {
                Assert.That(e.Message, Does.Contain(message));
                return;
            }
        }
    }
}
