using Fusion.Gpu.Tests.Ranks;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Exchange;

/// <summary>All-gather, reduce-scatter and top-k on GPUs, compared with ranks on the CPU.</summary>
public sealed class CollectivesOnGpus : GpuGroupTest
{
    private static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    [Test]
    public void HaveTheBitsOfRanksOnTheCpu([Values(1, 2, 3, 4, 8)] int ranks, [Values(1, 5, 64)] int tokens)
    {
        using var compared = new ComparedCollectives(ranks);
        foreach (var type in Types)
        {
            foreach (var columns in new[] { 8, 136, 4096 })
            {
                var rows = tokens * ranks;
                Assert.That(compared.Compare(CollectiveKind.AllGatherColumns, type, tokens, columns), Is.Empty);
                Assert.That(compared.Compare(CollectiveKind.AllGatherRows, type, tokens, columns), Is.Empty);
                Assert.That(compared.Compare(CollectiveKind.ReduceScatterRows, type, rows, columns), Is.Empty);
                foreach (var choices in new[] { 1, 2, 7, 50, 256 }.Where(choices => choices <= columns))
                    Assert.That(compared.Compare(CollectiveKind.TopK, type, tokens, columns, choices), Is.Empty);
            }
        }
    }

    [Test]
    public void ChooseFromAWholeVocabulary([Values(1, 2, 4)] int ranks, [Values(1, 64)] int choices)
    {
        using var compared = new ComparedCollectives(ranks);

        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 32, 128256 / 4, choices), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.BFloat16, 3, 151936 / 8, choices), Is.Empty);
    }

    // The worst case of the bound: all large numbers belong to one group of threads, and many are equal.
    [Test]
    public void ChooseFromRowsOfOneNumberAndOfSortedNumbers([Values(1, 2, 100)] int choices)
    {
        const int Columns = 16384;
        using var compared = new ComparedCollectives(2);

        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, _ => [.. Enumerable.Repeat(1.5f, Columns)]), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, rank => [.. Enumerable.Range(0, Columns).Select(i => (float)(i - rank))]), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 1, Columns, choices, _ => [.. Enumerable.Range(0, Columns).Select(i => i % 4096 < 8 ? 5f : i / 4096)]), Is.Empty);
    }

    [Test]
    public void GoThroughASmallWorkspaceInPieces([Values(2, 4)] int ranks)
    {
        using var compared = new ComparedCollectives(ranks, new() { WorkspaceBytes = CollectivesOptions.SmallestWorkspaceBytes });

        Assert.That(compared.Compare(CollectiveKind.AllGatherColumns, ElementType.BFloat16, 100, 1032), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.AllGatherRows, ElementType.Float32, 33, 2056), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.ReduceScatterRows, ElementType.Float16, 60, 4096), Is.Empty);
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 300, 264, 200), Is.Empty);
    }

    [Test]
    public void RunAgainInARecordedGraph()
    {
        const int Columns = 4096, Calls = 3;
        using var compared = new ComparedCollectives(2);
        var graphs = new List<GpuGraph>();
        var buffers = new List<(RankBuffer<float> Input, RankBuffer<float> All, RankBuffer<int> Best)>();
        foreach (var rank in compared.Group.Ranks)
        {
            buffers.Add((rank.Allocate<float>(Columns), rank.Allocate<float>(2 * Columns), rank.Allocate<int>(1)));
            var (input, all, best) = buffers[^1];
            graphs.Add(GpuGraph.Capture(rank.Stream!, () =>
            {
                for (var call = 0; call < Calls; call++)
                {
                    compared.Operation.AllGatherColumns(rank.Index, input.AsTensor(ElementType.Float32, 1, Columns), all.AsTensor(ElementType.Float32, 1, 2 * Columns));
                    compared.Operation.TopK(rank.Index, input.AsTensor(ElementType.Float32, 1, Columns), best.AsTensor(ElementType.Int32, 1, 1));
                }
            }));
        }

        var random = new Random(5);
        for (var run = 0; run < 4; run++)
        {
            var numbers = Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, Columns).Select(_ => random.NextSingle()).ToArray()).ToArray();
            for (var rank = 0; rank < 2; rank++)
            {
                buffers[rank].Input.CopyFrom(numbers[rank]);
                buffers[rank].All.FillBytes(0xFF);
                buffers[rank].Best.FillBytes(0xFF);
            }

            for (var rank = 0; rank < 2; rank++) graphs[rank].Launch(compared.Group.Ranks[rank].Stream!);
            for (var rank = 0; rank < 2; rank++)
            {
                compared.Operation.Synchronize(rank);
                var (all, best) = (new float[2 * Columns], new int[1]);
                buffers[rank].All.CopyTo(all);
                buffers[rank].Best.CopyTo(best);
                float[] expected = [.. numbers[0], .. numbers[1]];
                Assert.That(all, Is.EqualTo(expected));
                Assert.That(best[0], Is.EqualTo(Array.IndexOf(expected, expected.Max())));
            }
        }

        graphs.ForEach(graph => graph.Dispose());
        buffers.ForEach(some => Array.ForEach<IDisposable>([some.Input, some.All, some.Best], buffer => buffer.Dispose()));
    }

    [Test]
    public void ThatAreQueuedBehindAFailureHaveNoIndices() => CollectivesThatFail.HaveNoIndicesInWhatIsQueued();

    [Test]
    public void EndWithoutTheRankThatDoesNotComeAndGoOnAfterAReset() => CollectivesThatFail.EndAndGoOnAfterAReset();
}
