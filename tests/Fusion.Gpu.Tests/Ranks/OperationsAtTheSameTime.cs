using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>Operations in different streams whose blocks fill the GPUs. A kernel in front of each call holds it back, so that one
/// operation comes first on one GPU and another one on the next: without room for each other, they would wait until the
/// timeout.</summary>
public sealed class OperationsAtTheSameTime : GpuGroupTest
{
    private const int Hidden = 4096;

    [OneTimeSetUp]
    public void RequireSeveralGpus()
    {
        if (!RanksOfATest.AreOnSeveralGpus) Assert.Ignore($"one GPU: {RanksOfATest.Variable} lists no two");
    }

    [Test]
    public void OfTwoGoOn(
        [Values(2, 4)] int ranks, [Values(132, 264, 528, 1000)] int tokens,
        [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot)] AllReduceStrategy strategy) =>
        Run(ranks, [(Hidden, tokens, strategy), (Hidden, tokens, strategy)], foreignBlocks: 0);

    [TestCase(2)]
    [TestCase(4)]
    public void OfThreeGoOn(int ranks) => Run(
        ranks, [(Hidden, 528, AllReduceStrategy.OneShot), (Hidden, 528, AllReduceStrategy.TwoShot), (Hidden, 300, AllReduceStrategy.OneShot)],
        foreignBlocks: 0);

    [TestCase(2)]
    [TestCase(4)]
    public void OfDifferentSizesGoOn(int ranks) => Run(
        ranks, [(2048, 600, AllReduceStrategy.OneShot), (8192, 200, AllReduceStrategy.TwoShot), (Hidden, 1, AllReduceStrategy.OneShot)],
        foreignBlocks: 0);

    [TestCase(2)]
    [TestCase(4)]
    public void GoOnWithAnotherKernelOnTheGpus(int ranks) => Run(
        ranks, [(Hidden, 528, AllReduceStrategy.OneShot), (Hidden, 264, AllReduceStrategy.TwoShot)], foreignBlocks: 64);

    [TestCase(2)]
    [TestCase(4)]
    public void OfWhichOneReplaysAGraphThatWasRecordedBeforeTheOtherWasMade(int ranks)
    {
        using var first = Make(ranks, (Hidden, 528, AllReduceStrategy.OneShot));
        first.SetInputs(1);
        var graphs = first.Group.Ranks.Select(rank => GpuGraph.Capture(
            rank.Stream!, () => first.Launch(rank.Index, 528, null, AllReduceStrategy.OneShot))).ToArray();
        using var second = Make(ranks, (Hidden, 528, AllReduceStrategy.OneShot));
        second.SetInputs(2);
        for (var rank = 0; rank < ranks; rank++)
        {
            HoldBack([first, second], rank);
            for (var i = 0; i < 3; i++)
            {
                graphs[rank].Launch(first.Group.Ranks[rank].Stream!);
                second.Launch(rank, 528, null, AllReduceStrategy.OneShot);
            }
        }

        for (var rank = 0; rank < ranks; rank++)
        {
            first.Operation.Synchronize(rank);
            second.Operation.Synchronize(rank);
        }

        first.Compare(528, "of the graph");
        second.Compare(528, "of the calls");
        Array.ForEach(graphs, graph => graph.Dispose());
    }

    private static void Run(int ranks, (int Hidden, int Tokens, AllReduceStrategy Strategy)[] shapes, int foreignBlocks)
    {
        var ops = shapes.Select(shape => Make(ranks, shape)).ToArray();
        var others = new List<GpuStream>();
        try
        {
            for (var i = 0; i < ops.Length; i++) ops[i].SetInputs(i);
            for (var rank = 0; rank < ranks; rank++)
            {
                if (foreignBlocks > 0)
                {
                    others.Add(ops[0].Group.Ranks[rank].CreateStream()!);
                    TypedKernels.Hold.Launch(others[^1], new LaunchShape(foreignBlocks, 1024), 40_000_000);
                }

                HoldBack(ops, rank);
                // Three calls of each, so that the next one comes while the last one waits.
                for (var call = 0; call < 3; call++)
                {
                    for (var i = 0; i < ops.Length; i++) ops[i].Launch(rank, shapes[i].Tokens, null, shapes[i].Strategy);
                }
            }

            for (var i = 0; i < ops.Length; i++)
            {
                for (var rank = 0; rank < ranks; rank++) ops[i].Operation.Synchronize(rank);
                ops[i].Compare(shapes[i].Tokens, $"{shapes[i]}, number {i}");
            }
        }
        finally
        {
            others.ForEach(stream => stream.Dispose());
            Array.ForEach(ops, op => op.Dispose());
        }
    }

    // On each GPU another one is the first.
    private static void HoldBack(GpuAndCpuRanks[] ops, int rank)
    {
        for (var i = 0; i < ops.Length; i++) ops[i].Hold(rank, TimeSpan.FromMilliseconds(5 + (15 * ((i + rank) % ops.Length))));
    }

    // A group each: the GPUs are shared by all that the process does on them.
    private static GpuAndCpuRanks Make(int ranks, (int Hidden, int Tokens, AllReduceStrategy Strategy) shape) => new(
        ranks, shape.Hidden, shape.Tokens, new()
        {
            HiddenSize = 8,
            MaxTokens = 1,
            Policy = AllReducePolicy.WithLimits(long.MaxValue),
            Timeout = TimeSpan.FromSeconds(3),
        });
}
