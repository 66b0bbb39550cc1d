using Fusion.Runtime.Distributed.Memory;
using Fusion.Runtime.Distributed.Ranks;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>Memory that only the ranks of a machine give each other, where not all ranks are on one.</summary>
public sealed class MemoryOfMachines
{
    private const int Ranks = 4, Bytes = 4096;

    [Test]
    public Task IsThatOfTheRanksOfOneMachine() => Together((connection, rank) =>
    {
        int[] near = rank < 2 ? [0, 1] : [2, 3];
        using var exchange = DescriptorExchange.TryMake(connection.Member, isWanted: true, near, "machines");
        Assert.That(exchange, Is.Not.Null);
        using var own = SharedHostMemory.Create(Bytes);
        Write(own, (byte)(0x51 + rank));
        var opened = new List<(int, byte)>();
        exchange!.Exchange(
            own.Descriptor, token => connection.Gather("tokens", token),
            (other, descriptor) =>
            {
                using var memory = SharedHostMemory.Open(descriptor, Bytes);
                opened.Add((other, Read(memory)));
            },
            () => connection.Gather("opened", [1]));
        var peer = rank ^ 1;
        Assert.That(opened, Is.EqualTo(new[] { (peer, (byte)(0x51 + peer)) }));
        return Task.CompletedTask;
    });

    [Test]
    public Task IsThereForAllMachinesOrForNone() => Together((connection, rank) =>
    {
        Assert.That(DescriptorExchange.TryMake(connection.Member, isWanted: rank != 3, rank < 2 ? [0, 1] : [2, 3], "machines"), Is.Null);
        return Task.CompletedTask;
    });

    private static async Task Together(Func<GroupConnection, int, Task> work)
    {
        var address = Meeting.NewAddress();
        await Task.WhenAll(Enumerable.Range(0, Ranks).Select(rank => Task.Run(async () =>
        {
            await using var group = await RankGroup.JoinAsync(Meeting.Of(rank, Ranks, address));
            await work((GroupConnection)group.Connection!, rank);
            // Nobody leaves while others take their steps.
            ((GroupConnection)group.Connection!).Gather("end of the test", [1]);
        })));
    }

    private static unsafe void Write(SharedHostMemory memory, byte value) => *memory.Pointer = value;

    private static unsafe byte Read(SharedHostMemory memory) => *memory.Pointer;
}
