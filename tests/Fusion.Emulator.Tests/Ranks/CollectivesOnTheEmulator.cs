using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Exchange;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>All-gather, reduce-scatter and top-k on emulated GPUs, compared with ranks on the CPU.</summary>
public sealed class CollectivesOnTheEmulator
{
    private static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [Test]
    public void HaveTheBitsOfRanksOnTheCpu([Values(1, 2, 3)] int ranks, [ValueSource(nameof(Types))] ElementType type)
    {
        Emulator.Use(new() { Gpus = ranks });
        using var compared = new ComparedCollectives(ranks);

        Assert.That(compared.Compare(CollectiveKind.AllGatherColumns, type, 3, 136), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.AllGatherRows, type, 3, 40), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.ReduceScatterRows, type, 2 * ranks, 72), Is.Empty);
        foreach (var choices in new[] { 1, 2, 37 })
            Assert.That(compared.Compare(CollectiveKind.TopK, type, 2, 1040, choices), Is.Empty);
    }

    [Test]
    public void HaveTheSameBitsInWhateverOrderBlocksAndWordsCome([Values(1, 2, 3)] int seed)
    {
        Emulator.Use(new() { Gpus = 2, Seed = seed });
        using var compared = new ComparedCollectives(2, new() { WorkspaceBytes = CollectivesOptions.SmallestWorkspaceBytes });

        Assert.That(compared.Compare(CollectiveKind.AllGatherColumns, ElementType.BFloat16, 9, 1032), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.ReduceScatterRows, ElementType.Float32, 6, 2056), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 5, 264, 200), Is.Empty);
    }

    [Test]
    public void ChooseFromRowsOfEqualAndOfSortedNumbers([Values(1, 100)] int choices)
    {
        const int Columns = 4096;
        Emulator.Use(new() { Gpus = 2 });
        using var compared = new ComparedCollectives(2);

        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, _ => [.. Enumerable.Repeat(1.5f, Columns)]), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, rank => [.. Enumerable.Range(0, Columns).Select(i => (float)(i - rank))]), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, _ => [.. Enumerable.Range(0, Columns).Select(i => i % 1024 < 8 ? 5f : i / 1024)]), Is.Empty);
    }

    // What else is on a GPU bounds the blocks of its rank alone.
    [Test]
    public void ArePiecedTheSameWhateverElseIsOnTheGpuOfARank()
    {
        Emulator.Use(new() { Gpus = 2 });
        using var alone = RankGroup.OnGpus(0);
        using var other = new AllReduce(alone, new() { HiddenSize = 64, MaxTokens = 1, DataType = ElementType.Float32 });
        using var compared = new ComparedCollectives(2, new() { Timeout = TimeSpan.FromSeconds(20) });

        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 700, 8, 2), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.AllGatherColumns, ElementType.Float32, 700, 648), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.ReduceScatterRows, ElementType.Float32, 1400, 648), Is.Empty);
    }

    [Test]
    public void SayWhichCallsMet()
    {
        Emulator.Use(new() { Gpus = 2 });
        using var compared = new ComparedCollectives(2);
        using var first = compared.Group.Ranks[0].Allocate<float>(128);
        using var second = compared.Group.Ranks[1].Allocate<float>(128);
        first.FillBytes(0);
        second.FillBytes(0);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        compared.Operation.ReduceScatterRows(0, first.AsTensor(4, 8), first.Slice(64).AsTensor(2, 8));

        var failure = Assert.Throws<RankGroupException>(() => compared.Operation.AllGatherRows(1, second.AsTensor(2, 8), second.Slice(64).AsTensor(4, 8)))!;

        Assert.That(failure.Message, Does.Contain("In call 0, collective: reduce-scatter of rows on rank 0, but all-gather of rows on rank 1; rows: 4 on rank 0, but 2 on rank 1."));
        Assert.That(() => compared.Operation.Synchronize(0), Throws.TypeOf<RankGroupException>());
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(9)), "the kernel that waited was told to give up");
        compared.Operation.Reset();
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 2, 64, 3), Is.Empty);
    }

    [Test]
    public void ThatAreQueuedBehindAFailureHaveNoIndices()
    {
        Emulator.Use(new() { Gpus = 2 });
        CollectivesThatFail.HaveNoIndicesInWhatIsQueued();
    }

    [Test]
    public void EndWithoutTheRankThatDoesNotComeAndGoOnAfterAReset()
    {
        Emulator.Use(new() { Gpus = 2 });
        CollectivesThatFail.EndAndGoOnAfterAReset();
    }
}
