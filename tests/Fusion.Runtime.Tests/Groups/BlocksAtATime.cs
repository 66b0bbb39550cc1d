using FsCheck;

namespace Fusion.Runtime.Tests.Groups;

public sealed class BlocksAtATime
{
    [TestCase(264, 1, 264)]
    [TestCase(264, 8, 33)]
    [TestCase(432, 5, 86)]
    [TestCase(15, 16, 0)]
    public void OfAllRanksFitOnTheGpu(int blocks, int ranks, int cap) =>
        Assert.That(CoResidency.Cap(blocks, ranks), Is.EqualTo(cap));

    [TestCase(8, 8, 4, 8, Description = "a token a block")]
    [TestCase(9, 8, 4, 7, Description = "8 blocks would give each block the tokens of one owner")]
    [TestCase(100, 66, 6, 65)]
    [TestCase(100, 66, 1, 66, Description = "tokens without owners")]
    public void TakeTokensOfAllOwnersInTurn(int tokens, int cap, int ranks, int blocks) =>
        Assert.That(CoResidency.Grid(tokens, cap, ranks, RankOverlap.Never), Is.EqualTo(new RankGrid(blocks, false)));

    [TestCase(4, RankOverlap.WhereTwoFit, true)]
    [TestCase(5, RankOverlap.WhereTwoFit, false)]
    [TestCase(4, RankOverlap.Never, false)]
    [TestCase(9, RankOverlap.Always, true)]
    public void OverlapOnASharedGpuOnlyWhereTwoKernelsOfEachRankFit(int tokens, object overlap, bool overlaps) =>
        Assert.That(CoResidency.Grid(tokens, 9, 2, (RankOverlap)overlap), Is.EqualTo(new RankGrid(tokens, overlaps)));

    [FsCheck.NUnit.Property]
    public void AreAtLeastOneAndNeverMoreThanTheCapOrHalfOfItIfRanksThatShareAGpuOverlap(
        PositiveInt tokens, PositiveInt cap, byte ranks)
    {
        foreach (var overlap in Enum.GetValues<RankOverlap>())
        {
            var grid = CoResidency.Grid(tokens.Get, cap.Get, 2 + (ranks % 15), overlap);
            var isShared = overlap == RankOverlap.WhereTwoFit && grid.Overlaps;

            Assert.That(grid.Tokens, Is.InRange(1, Math.Min(tokens.Get, isShared ? cap.Get / 2 : cap.Get)));
        }
    }
}
