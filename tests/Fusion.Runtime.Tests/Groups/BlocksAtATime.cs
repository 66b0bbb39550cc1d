using FsCheck;

namespace Fusion.Runtime.Tests.Groups;

public sealed class BlocksAtATime
{
    [TestCase(2, 132, 1, true, 132)]
    [TestCase(2, 132, 8, true, 16)]
    [TestCase(4, 108, 3, false, 144)]
    [TestCase(1, 16, 16, true, 0)]
    public void OfAllRanksAndTheirNextKernelsFitOnTheGpu(
        int blocks, int multiprocessors, int ranks, bool isProgrammatic, int cap) =>
        Assert.That(CoResidency.Cap(blocks, multiprocessors, ranks, isProgrammatic), Is.EqualTo(cap));

    [TestCase(5, 8, 4, 5, Description = "one token a block")]
    [TestCase(8, 8, 4, 8)]
    [TestCase(9, 8, 4, 7, Description = "8 blocks would give each block the tokens of one owner")]
    [TestCase(100, 66, 6, 65)]
    [TestCase(100, 66, 1, 66, Description = "tokens without owners")]
    public void TakeTokensOfAllOwnersInTurn(int tokens, int cap, int ranks, int grid) =>
        Assert.That(CoResidency.Grid(tokens, cap, ranks), Is.EqualTo(grid));

    [FsCheck.NUnit.Property]
    public void AreAtLeastOneAndNeverMoreThanTheCap(PositiveInt tokens, PositiveInt cap, byte ranks)
    {
        var grid = CoResidency.Grid(tokens.Get, cap.Get, 2 + (ranks % 15));

        Assert.That(grid, Is.InRange(1, Math.Min(tokens.Get, cap.Get)));
    }
}
