using System.Globalization;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>A million calls of mixed sizes, strategies and epilogues, in CUDA graphs and without, of which each one's outputs are
/// compared on the GPU with what the reference made, and poisoned again: <c>Fusion.Gpu.Tests --filter Category=Soak</c>. The environment
/// variable <c>FUSION_TEST_CALLS</c> has another number of calls a rank.</summary>
[Explicit("takes minutes")]
[Category("Soak")]
public sealed class Soak : GpuTest
{
    private const int CallsOfAGraph = 100;
    private const int Graphs = 8;

    private static readonly int[] HiddenSizes = [1536, 4096, 8192, 12288];
    private static readonly int[] TokenCounts = [1, 3, 16, 64, 129, 300];
    private static readonly AllReduceStrategy?[] Strategies = [null, AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    private static readonly Epilogue[] Epilogues =
    [
        Epilogue.Plain,
        new() { HasResidual = true, Norm = NormKind.Rms },
        new() { HasResidual = true, Norm = NormKind.Rms, Quantization = new() { Kind = QuantizationKind.StaticFp8 } },
        new() { HasResidual = true, Norm = NormKind.Rms, Quantization = new() { Kind = QuantizationKind.PerTokenFp8 } },
        new() { HasResidual = true, Norm = NormKind.Layer, Quantization = Quantization.PerGroupFp8(128) },
        new() { Norm = NormKind.Rms, Quantization = new() { Kind = QuantizationKind.NvFp4, Layout = ScaleLayout.Swizzled128x4 } },
    ];

    [Test]
    public void AMillionCallsAreRight([Values(2, 4)] int ranks)
    {
        var calls = int.Parse(Environment.GetEnvironmentVariable("FUSION_TEST_CALLS") ?? "1000000", CultureInfo.InvariantCulture);
        using var group = RanksOfATest.Group(ranks);
        var random = new Random(ranks);
        var operations = HiddenSizes.Select(hidden => new AllReduce(group, new()
        {
            HiddenSize = hidden,
            MaxTokens = TokenCounts[^1],
            // One-shot is allowed for all sizes, and the largest calls are done in pieces.
            Policy = AllReducePolicy.WithLimits(long.MaxValue),
            WorkspaceLimitBytes = 8 << 20,
        })).ToArray();
        var cases = HiddenSizes.SelectMany((hidden, i) => Epilogues.Select((epilogue, j) => new CaseOnRanks(
            group, operations[i], new(ElementType.BFloat16, ranks, hidden, TokenCounts[(i + j) % TokenCounts.Length], seed: i + (10 * j)), epilogue))).ToArray();
        var sequence = Enumerable.Range(0, CallsOfAGraph * Graphs)
            .Select(_ => (Case: cases[random.Next(cases.Length)], Strategy: Strategies[random.Next(Strategies.Length)])).ToArray();
        var done = new int[ranks];
        foreach (var each in cases) each.TryThatWrongWordsAreCounted();

        // A thread a rank, since a launch of a thousand kernels would otherwise keep the others waiting.
        Parallel.ForEach(group.Ranks, new() { MaxDegreeOfParallelism = ranks }, rank =>
        {
            var graphs = sequence.Chunk(CallsOfAGraph)
                .Select(part => GpuGraph.Capture(rank.Stream!, () => LaunchAll(rank, part))).ToArray();
            var order = new Random(7);
            while (done[rank.Index] < calls)
            {
                // One call in ten is not in a graph.
                for (var i = 0; i < 9; i++) graphs[order.Next(graphs.Length)].Launch(rank.Stream!);
                LaunchAll(rank, sequence.AsSpan(order.Next(Graphs) * CallsOfAGraph, CallsOfAGraph).ToArray());
                done[rank.Index] += 10 * CallsOfAGraph;
                if (done[rank.Index] % 10_000 == 0) rank.Stream!.Synchronize();
            }

            rank.Stream!.Synchronize();
            foreach (var graph in graphs) graph.Dispose();
        });

        foreach (var operation in operations) operation.ThrowIfFailed();
        TestContext.Out.WriteLine($"{ranks} ranks, {done[0]} calls each, {cases.Length} cases");
        Assert.That(cases.SelectMany(each => each.Wrong()), Is.Empty);
        foreach (var operation in operations) operation.Dispose();
        foreach (var each in cases) each.Dispose();
    }

    private static void LaunchAll(Rank rank, (CaseOnRanks Case, AllReduceStrategy? Strategy)[] calls)
    {
        foreach (var (each, strategy) in calls) each.LaunchAndCompare(rank, strategy);
    }

    /// <summary>A case with its inputs, outputs and expected outputs on all ranks.</summary>
    private sealed class CaseOnRanks : IDisposable
    {
        private readonly RankGroup group;
        private readonly AllReduce operation;
        private readonly string name;
        private readonly List<IDisposable> buffers = [];
        private readonly AllReduceCall[] calls;
        private readonly List<(string Name, RankBuffer<byte> Actual, RankBuffer<byte> Expected)>[] outputs;
        private readonly RankBuffer<ulong>[] wrong;
        private readonly Kernel[] compare;

        public CaseOnRanks(RankGroup group, AllReduce operation, AllReduceCase data, Epilogue epilogue)
        {
            (this.group, this.operation) = (group, operation);
            name = $"{data.Tokens} × {data.Hidden}, {epilogue}";
            outputs = [.. group.Ranks.Select(_ => new List<(string, RankBuffer<byte>, RankBuffer<byte>)>())];
            wrong = [.. group.Ranks.Select(rank => Kept(rank.Allocate<ulong>(1)))];
            compare = [.. group.Ranks.Select(rank =>
            {
                var library = KernelLibrary.Load(typeof(Soak).Assembly, rank.Context!);
                buffers.Add(library);
                return library.GetKernel("compare_and_poison");
            })];
            var expected = data.Expected(epilogue);
            calls = [.. group.Ranks.Select(rank =>
            {
                wrong[rank.Index].CopyFrom([0UL]);
                return data.Call(epilogue, Input(data.Inputs[rank.Index]), Input(data.Residual), Input(data.Gamma), Input(data.Beta),
                    Input(BitConverter.GetBytes(AllReduceCase.ScaleOf(epilogue))), Output);

                ulong Input(byte[] content)
                {
                    var buffer = Kept(rank.Allocate<byte>(content.Length));
                    buffer.CopyFrom(content);
                    return buffer.Pointer.Address;
                }

                ulong Output(string output, long bytes)
                {
                    Assert.That(bytes % 4, Is.Zero);
                    var actual = Kept(rank.Allocate<byte>(bytes));
                    actual.FillBytes(0xFF);
                    var reference = Kept(rank.Allocate<byte>(bytes));
                    reference.CopyFrom(expected[output]);
                    outputs[rank.Index].Add((output, actual, reference));
                    return actual.Pointer.Address;
                }
            })];
        }

        /// <summary>Compares the poisoned outputs of no call.</summary>
        public void TryThatWrongWordsAreCounted()
        {
            foreach (var rank in group.Ranks) CompareAndPoison(rank);
            foreach (var rank in group.Ranks) rank.Stream!.Synchronize();
            Assert.That(Wrong().Count(), Is.EqualTo(wrong.Length), name);
            foreach (var counter in wrong) counter.CopyFrom([0UL]);
        }

        public void LaunchAndCompare(Rank rank, AllReduceStrategy? strategy)
        {
            operation.Launch(rank.Index, null, calls[rank.Index], strategy);
            CompareAndPoison(rank);
        }

        private void CompareAndPoison(Rank rank)
        {
            foreach (var (_, actual, expected) in outputs[rank.Index])
            {
                compare[rank.Index].Launch(rank.Stream!, new LaunchShape(64, 256),
                    [actual.Pointer, expected.Pointer, (ulong)actual.Length / 4, wrong[rank.Index].Pointer]);
            }
        }

        public IEnumerable<string> Wrong()
        {
            for (var rank = 0; rank < wrong.Length; rank++)
            {
                var count = new ulong[1];
                wrong[rank].CopyTo(count);
                if (count[0] != 0) yield return $"rank {rank}, {name}: {count[0]} words differ";
            }
        }

        public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

        private RankBuffer<T> Kept<T>(RankBuffer<T> buffer)
            where T : unmanaged
        {
            buffers.Add(buffer);
            return buffer;
        }
    }
}
