using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Recorded calls, again and again, between calls that are not recorded, of other shapes and strategies.</summary>
public sealed class Replays : GpuTest
{
    private const int Hidden = 1536;
    private const int Ranks = 4;

    private static readonly Epilogue Full =
        new() { HasResidual = true, Norm = NormKind.Rms, Quantization = Quantization.PerGroupFp8(64) };

    [Test]
    public void AGraphReplaysWithChangedInputsBetweenOtherCalls()
    {
        const int Tokens = 20;
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = 64 });
        using var other = new ComparedRanks(Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = 64 });
        var first = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, Tokens, seed: 1);
        var calls = loopback.Prepare(first, Full);
        var graphs = calls.Select((call, rank) => GpuGraph.Capture(loopback.Group.Ranks[rank].Stream!, () =>
        {
            loopback.Operation.Launch(rank, null, call, AllReduceStrategy.OneShot);
            loopback.Operation.Launch(rank, null, call, AllReduceStrategy.TwoShot);
            loopback.Operation.Launch(rank, null, call, AllReduceStrategy.OneShot);
        })).ToArray();
        for (var i = 0; i < 50; i++)
        {
            var data = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, Tokens, seed: 100 + i);
            loopback.Prepare(data, Full);
            for (var rank = 0; rank < Ranks; rank++) graphs[rank].Launch(loopback.Group.Ranks[rank].Stream!);
            for (var rank = 0; rank < Ranks; rank++) loopback.Operation.Synchronize(rank);
            Assert.That(loopback.WhatIsWrong(data, Full), Is.Empty, $"replay {i}");

            // Of another shape, so that the graph finds the buffers in every state.
            var eager = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, 1 + (i * 7 % 60), seed: i);
            Assert.That(other.Compare(eager, Full, null), Is.Empty, $"other call {i}");
        }

        foreach (var graph in graphs) graph.Dispose();
    }

    [Test]
    public void TenThousandCallsOfAlternatingShapesAndStrategies()
    {
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = 64 });
        int[] sizes = [1, 64, 3, 17, 33];
        var cases = sizes.Select(tokens => new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, tokens, seed: tokens)).ToArray();
        AllReduceStrategy[] strategies = [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot];
        var calls = 0;
        for (var round = 0; round < 200; round++)
        {
            var data = cases[round % cases.Length];
            var prepared = loopback.Prepare(data, Full);
            // Fifty without a wait between them; the last one's outputs are compared.
            for (var i = 0; i < 50; i++, calls++)
            {
                for (var rank = 0; rank < Ranks; rank++)
                    loopback.Operation.Launch(rank, null, prepared[rank], strategies[(calls / 3) % 2]);
            }

            for (var rank = 0; rank < Ranks; rank++) loopback.Operation.Synchronize(rank);
            Assert.That(loopback.WhatIsWrong(data, Full), Is.Empty, $"round {round}");
        }

        Assert.That(calls, Is.EqualTo(10_000));
    }

    [Test]
    public void LaunchingAllocatesNothing()
    {
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = 64 });
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, 8, seed: 9);
        var calls = loopback.Prepare(data, Full);
        var allocated = 0L;
        for (var i = 0; i < 100; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var rank = 0; rank < Ranks; rank++) loopback.Operation.Launch(rank, null, calls[rank]);
            if (i >= 10) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (var rank = 0; rank < Ranks; rank++) loopback.Operation.Synchronize(rank);
        Assert.That(allocated, Is.Zero);
        Assert.That(loopback.WhatIsWrong(data, Full), Is.Empty);
    }
}
