using FsCheck;

namespace Fusion.Runtime.Tests.Plan;

public sealed class BlocksOfAToken
{
    private const int Multiprocessors = 132;

    [TestCase(2048, 2, 1, Description = "256 threads are enough")]
    [TestCase(2880, 2, 2)]
    [TestCase(4096, 4, 2)]
    [TestCase(5120, 4, 4)]
    [TestCase(8192, 2, 4)]
    [TestCase(4096, 8, 4, Description = "a thread of many ranks has more to do")]
    [TestCase(8192, 8, 8)]
    [TestCase(32768, 2, 8, Description = "a cluster has no more")]
    [TestCase(8192, 1, 1, Description = "a rank alone exchanges nothing")]
    public void AreAsManyAsKeepThemSmall(int hidden, int ranks, int blocks) =>
        Assert.That(RowSplit.Blocks(hidden / 8, ranks), Is.EqualTo(blocks));

    [FsCheck.NUnit.Property]
    public void HaveAWarpEach(PositiveInt hidden, byte ranks)
    {
        var vectors = 1 + (hidden.Get % 4096);
        var blocks = RowSplit.Blocks(vectors, 1 + (ranks % 16));

        Assert.That(blocks, Is.AnyOf(1, 2, 4, 8));
        if (blocks > 1) Assert.That(vectors / blocks, Is.GreaterThanOrEqualTo(32));
    }

    [TestCase(0, 131, Description = "one multiprocessor is enough for a block of an operation to come")]
    [TestCase(1, 66)]
    [TestCase(4, 16, Description = "four ranks or operations share the GPU")]
    public void LeaveRoomForOthers(int sharers, int blocks) =>
        Assert.That(RowSplit.BlocksThatLeaveRoom(sharers, Multiprocessors), Is.EqualTo(blocks));
}
