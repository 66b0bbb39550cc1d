namespace Fusion.Runtime.Tests.Plan;

public sealed class WorkspaceSizes
{
    [Test]
    public void EightRanksWith2048TokensOf8192Bf16TakeNoMoreThanAFifthOfAGibibyte()
    {
        var workspace = WorkspaceLayout.For(Requests.Of());
        // A buffer: 7 slots of 256 tokens, and 2048 tokens, of 16 KiB each. Two buffers and a control block.
        Assert.That(workspace.Bytes, Is.EqualTo((2 * ((7 * 256) + 2048) * 16384L) + 256));
        Assert.That(workspace.Bytes, Is.LessThanOrEqualTo((1L << 30) / 5));
        Assert.That(workspace.MaxOneShotTokens, Is.EqualTo(4), "64 KiB of 16 KiB each");
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
        Assert.That(WorkspaceLayout.For(request).Bytes, Is.EqualTo((2 * 15L * int.MaxValue * 131072) + 256));
    }

    [Test]
    public void MoreTokensForOneShotThanForAllAreAMistakeInThisLibrary() => Assert.That(
        () => WorkspaceLayout.For(2, 8, ElementType.BFloat16, 1, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
}
