namespace Fusion.Runtime.Tests.Run;

public sealed class BlockBudgets
{
    private const int Multiprocessors = 132;

    [Test]
    public void LetTheOnlyOperationFillTheGpu()
    {
        var share = new BlockBudget(Multiprocessors).Join(1, 0, 2);

        Assert.That(share.Enter(0, own: 5), Is.Zero);
        Assert.That(share.Cap(264, 2, 0), Is.EqualTo(264));
    }

    [Test]
    public void LetTheSecondOperationLeaveRoomForABlockOfTheFirst()
    {
        var budget = new BlockBudget(Multiprocessors);
        var (first, second) = (budget.Join(1, 0, 2), budget.Join(1, 0, 2));

        Assert.That(Blocks(second, stream: 7, 2), Is.EqualTo(263), "the first has not launched, so it may come in any stream");
        Assert.That(Blocks(first, stream: 5, 2), Is.EqualTo(264));
        Assert.That(Blocks(second, stream: 7, 2), Is.EqualTo(263));
        Assert.That(Blocks(second, stream: 5, 2), Is.EqualTo(264), "in the stream of the first it follows it");
    }

    [Test]
    public void AreSharedByTheThirdAndTheSecond()
    {
        var budget = new BlockBudget(Multiprocessors);
        var shares = Enumerable.Range(0, 3).Select(_ => budget.Join(1, 0, 2)).ToArray();
        for (var i = 0; i < 3; i++) Blocks(shares[i], stream: i, 2);

        Assert.That(shares.Select((share, i) => Blocks(share, i, 2)), Is.EqualTo(new[] { 264, 131, 131 }));

        shares[0].Dispose();
        Assert.That(shares[1..].Select((share, i) => Blocks(share, i + 1, 2)), Is.EqualTo(new[] { 264, 263 }));
    }

    [Test]
    public void CountOperationsInOneStreamOnce()
    {
        var budget = new BlockBudget(Multiprocessors);
        var shares = Enumerable.Range(0, 4).Select(_ => budget.Join(1, 0, 2)).ToArray();
        for (var i = 0; i < 4; i++) Blocks(shares[i], stream: i % 2, 2);

        Assert.That(shares.Select((share, i) => Blocks(share, i % 2, 2)), Is.EqualTo(new[] { 264, 263, 263, 263 }));
    }

    [Test]
    public void LeaveRoomForTheLargestBlocks()
    {
        var budget = new BlockBudget(Multiprocessors);
        budget.Join(1, 0, 1);
        var second = budget.Join(1, 0, 2, 4);

        // A block of the first needs a multiprocessor for itself.
        Assert.That(Blocks(second, 1, 2), Is.EqualTo(131));
        Assert.That(Blocks(second, 1, 4, cap: 528), Is.EqualTo(131));

        var third = budget.Join(1, 0, 4);
        Blocks(third, 2, 4);
        Assert.That(Blocks(second, 1, 4, cap: 528), Is.EqualTo(65));
    }

    [Test]
    public void AreDividedWhereRanksShareTheGpu()
    {
        var budget = new BlockBudget(Multiprocessors);
        var (first, second) = (budget.Join(4, 0, 2), budget.Join(4, 0, 2));

        Assert.That(Blocks(first, 1, 2, cap: 66), Is.EqualTo(66), "alone so far");
        Assert.That(Blocks(second, 2, 2, cap: 66), Is.EqualTo(33));
        Assert.That(Blocks(first, 1, 2, cap: 66), Is.EqualTo(33));
        Assert.That(second.Enter(rank: 3, own: 9), Is.EqualTo(1), "another rank's stream is not the one that counts");
    }

    /// <summary>However the blocks of all other operations lie, one multiprocessor has room for a block of the first; and when the
    /// first is done, for one of the second, and so on.</summary>
    [FsCheck.NUnit.Property]
    public void AlwaysHaveRoomForABlockOfTheOldestThatIsLeft(byte[] kinds, int seed)
    {
        int[] sizes = [1, 2, 3, 4, 5, 8, 16];
        var budget = new BlockBudget(12);
        var counts = kinds.Take(5).Select(kind => sizes[kind % sizes.Length]).Prepend(2).ToArray();
        var shares = counts.Select(count => budget.Join(1, 0, count)).ToArray();
        for (var i = 0; i < shares.Length; i++) shares[i].Enter(0, i);
        var blocks = shares.Select((share, i) => Blocks(share, i, counts[i], cap: 12 * counts[i])).ToArray();
        var random = new Random(seed);

        for (var oldest = 0; oldest < shares.Length; oldest++)
        {
            // The others come in a random order, each block where there is room and it hurts most: where most is taken.
            var taken = new double[12];
            var coming = Enumerable.Range(oldest + 1, shares.Length - oldest - 1)
                .SelectMany(i => Enumerable.Repeat(1.0 / counts[i], blocks[i])).OrderBy(_ => random.Next());
            foreach (var size in coming)
            {
                var needed = 1 - (1.0 / counts[oldest]) + 1e-9;
                var place = Enumerable.Range(0, 12).Where(m => taken[m] + size <= 1 + 1e-9)
                    .OrderBy(m => taken[m] > needed).ThenByDescending(m => taken[m]).Cast<int?>().FirstOrDefault();
                if (place is { } m) taken[m] += size;
            }

            Assert.That(taken.Min() + (1.0 / counts[oldest]), Is.LessThanOrEqualTo(1 + 1e-9),
                $"{string.Join(",", counts)} a multiprocessor, {string.Join(",", blocks)} blocks, oldest {oldest}");
        }
    }

    private static int Blocks(BlockShare share, nint stream, int perMultiprocessor, int cap = 264) =>
        share.Cap(cap, perMultiprocessor, share.Enter(0, stream));
}
