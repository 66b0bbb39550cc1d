using FsCheck;

namespace Fusion.Runtime.Tests.Plan;

public sealed class BlocksOfAToken
{
    private const int Multiprocessors = 132;

    [TestCase(4096, 2, 1, 1, 1, Description = "one block receives little")]
    [TestCase(8192, 2, 1, 1, 4)]
    [TestCase(4096, 8, 1, 1, 8)]
    [TestCase(8192, 8, 8, 1, 8)]
    [TestCase(8192, 8, 9, 1, 4, Description = "9 tokens in 8 blocks each are more than half of 132 multiprocessors")]
    [TestCase(8192, 8, 200, 1, 1)]
    [TestCase(8192, 8, 4, 8, 2, Description = "eight ranks share the GPU")]
    [TestCase(256, 16, 1, 1, 1, Description = "a block has a warp at least")]
    public void AreMoreForFewTokensOfManyRanks(int hidden, int ranks, int tokens, int ranksOnGpu, int blocks) =>
        Assert.That(RowSplit.Blocks(hidden / 8, ranks, tokens, ranksOnGpu, Multiprocessors), Is.EqualTo(blocks));

    [FsCheck.NUnit.Property]
    public void FitOnTheMultiprocessorsAndHaveAWarpEach(PositiveInt hidden, byte ranks, PositiveInt tokens)
    {
        var vectors = 1 + (hidden.Get % 1024);
        var blocks = RowSplit.Blocks(vectors, 2 + (ranks % 15), tokens.Get, 1, Multiprocessors);

        Assert.That(blocks, Is.AnyOf(1, 2, 4, 8));
        if (blocks > 1) Assert.That((tokens.Get * blocks <= Multiprocessors / 2, vectors / blocks >= 32), Is.EqualTo((true, true)));
    }
}
