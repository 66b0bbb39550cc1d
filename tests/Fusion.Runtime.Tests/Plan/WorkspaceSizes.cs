namespace Fusion.Runtime.Tests.Plan;

public sealed class WorkspaceSizes
{
    [Test]
    public void EightRanksHaveRoomForPiecesOf1024TokensOf8192Bf16()
    {
        var workspace = WorkspaceLayout.For(Requests.Of());
        Assert.That(workspace.TwoShotPiece, Is.EqualTo(1024));
        // A buffer: 7 slots of 128 tokens, and 1024 tokens, of 16 KiB each. Two buffers and a control block.
        Assert.That(workspace.Bytes, Is.EqualTo((2 * ((7 * 128) + 1024) * 16384L) + 256));
        Assert.That(workspace.MaxOneShotTokens, Is.EqualTo(4), "64 KiB of 16 KiB each");
        Assert.That(workspace.OneShotPiece, Is.EqualTo(4));
    }

    [Test]
    public void AWorkspaceFor8192TokensOf8192Bf16IsNoLargerThan64MiB([Values(2, 3, 4, 5, 6, 7, 8, 16)] int ranks)
    {
        var workspace = WorkspaceLayout.For(Requests.Of(ranks: ranks, maxTokens: 8192));
        Assert.That(workspace.Bytes, Is.InRange(48L << 20, 64L << 20));
        Assert.That(workspace.Capacity(AllReduceStrategy.TwoShot), Is.EqualTo(8192));
    }

    // 1280 tokens of 16 KiB fit: 2 * (640 + 1280) of them are 60 MiB.
    [TestCase(1280, 1280)]
    [TestCase(1281, 768)]
    [TestCase(2560, 1280)]
    [TestCase(8192, 1280)]
    [TestCase(2561, 896)]
    public void PiecesOfACallAreOfAboutTheSameSize(int tokens, int piece) => Assert.That(
        WorkspaceLayout.For(Requests.Of(ranks: 2, maxTokens: 8192)).PieceOf(AllReduceStrategy.TwoShot, tokens), Is.EqualTo(piece));

    [Test]
    public void APieceHasAtLeast128Tokens()
    {
        var workspace = WorkspaceLayout.For(2, 64, ElementType.BFloat16, maxTokens: 1000, maxOneShotTokens: 500, limit: 1);
        Assert.That((workspace.OneShotPiece, workspace.TwoShotPiece), Is.EqualTo((128, 128)));
        Assert.That(workspace.PieceOf(AllReduceStrategy.OneShot, 300), Is.EqualTo(128));
        Assert.That(workspace.PieceOf(AllReduceStrategy.OneShot, 100), Is.EqualTo(100));
    }

    [Test]
    public void OffsetsAreAsComputedByHand()
    {
        // Tokens of 80 bytes; 5 tokens over 3 ranks are at most 2 a rank.
        var workspace = WorkspaceLayout.For(3, 40, ElementType.Float16, maxTokens: 5, maxOneShotTokens: 4);
        Assert.That(workspace.OneShotSlotBytes, Is.EqualTo(4 * 80));
        Assert.That(workspace.TwoShotSlotBytes, Is.EqualTo(2 * 80));
        Assert.That(workspace.GatherOffset, Is.EqualTo(512), "2 slots of 160 bytes, rounded up");
        Assert.That(workspace.BufferBytes, Is.EqualTo(1024), "512 and 5 tokens, 912, rounded up");
        Assert.That(workspace.Bytes, Is.EqualTo(256 + (2 * 1024)));
    }

    [Test]
    public void OneShotDecidesWhereItNeedsMore()
    {
        var workspace = WorkspaceLayout.For(4, 64, ElementType.Float32, maxTokens: 16, maxOneShotTokens: 16);
        Assert.That(workspace.BufferBytes, Is.EqualTo(3 * 16 * 256));
    }

    [Test]
    public void TheCpuNeedsNone() =>
        Assert.That(WorkspaceLayout.For(Requests.Of() with { Topology = GroupTopology.Cpu }).Bytes, Is.Zero);

    [Test]
    public void TheLargestOperationDoesNotOverflow()
    {
        var request = Requests.Of(ranks: 16, hidden: 32768, maxTokens: int.MaxValue, type: ElementType.Float32) with
        {
            Policy = AllReducePolicy.WithLimits(long.MaxValue),
        };
        Assert.That(WorkspaceLayout.For(request).Bytes, Is.EqualTo((2 * 15L * 128 * 131072) + 256), "a piece of one-shot");
        request = request with { WorkspaceLimitBytes = long.MaxValue };
        Assert.That(WorkspaceLayout.For(request).Bytes, Is.EqualTo((2 * 15L * int.MaxValue * 131072) + 256));
    }

    [Test]
    public void MoreTokensForOneShotThanForAllAreAMistakeInThisLibrary() => Assert.That(
        () => WorkspaceLayout.For(2, 8, ElementType.BFloat16, 1, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
}
