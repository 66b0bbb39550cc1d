using FsCheck;

namespace Fusion.Runtime.Tests.Run;

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
        Assert.That(CoResidency.TokensAtATime(tokens, cap, ranks), Is.EqualTo(blocks));

    [FsCheck.NUnit.Property]
    public void AreAtLeastOneAndNeverMoreThanTheCap(PositiveInt tokens, PositiveInt cap, byte ranks) =>
        Assert.That(CoResidency.TokensAtATime(tokens.Get, cap.Get, 2 + (ranks % 15)),
            Is.InRange(1, Math.Min(tokens.Get, cap.Get)));
}
