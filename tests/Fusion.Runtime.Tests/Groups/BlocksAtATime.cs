using FsCheck;

namespace Fusion.Runtime.Tests.Groups;

public sealed class BlocksAtATime
{
    [TestCase(2, 132, 1, 264)]
    [TestCase(2, 132, 8, 33)]
    [TestCase(4, 108, 5, 86)]
    [TestCase(1, 15, 16, 0)]
    public void OfAllRanksFitOnTheGpu(int blocks, int multiprocessors, int ranks, int cap) =>
        Assert.That(CoResidency.Cap(blocks, multiprocessors, ranks), Is.EqualTo(cap));

    [TestCase(8, 8, 4, 8, Description = "a token a block")]
    [TestCase(9, 8, 4, 7, Description = "8 blocks would give each block the tokens of one owner")]
    [TestCase(100, 66, 6, 65)]
    [TestCase(100, 66, 1, 66, Description = "tokens without owners")]
    public void TakeTokensOfAllOwnersInTurn(int tokens, int cap, int ranks, int blocks) =>
        Assert.That(CoResidency.Grid(tokens, cap, ranks, mayOverlap: true).Blocks, Is.EqualTo(blocks));

    [TestCase(4, true, true)]
    [TestCase(5, true, false)]
    [TestCase(4, false, false)]
    public void OverlapOnlyWhereTwoKernelsOfEachRankFit(int tokens, bool mayOverlap, bool overlaps) =>
        Assert.That(CoResidency.Grid(tokens, 9, 2, mayOverlap), Is.EqualTo(new RankGrid(tokens, overlaps)));

    [FsCheck.NUnit.Property]
    public void AreAtLeastOneAndNeverMoreThanTheCapOrHalfOfItIfTheyOverlap(
        PositiveInt tokens, PositiveInt cap, byte ranks, bool mayOverlap)
    {
        var grid = CoResidency.Grid(tokens.Get, cap.Get, 2 + (ranks % 15), mayOverlap);

        Assert.That(grid.Blocks, Is.InRange(1, Math.Min(tokens.Get, grid.Overlaps ? cap.Get / 2 : cap.Get)));
    }
}
