using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Calls that are prepared once and launched often: the bits of the reference, in streams, recorded, with fewer tokens
/// and other inputs.</summary>
public sealed class PreparedCalls : GpuTest
{
    private const int Hidden = 1536;
    private const int MaxTokens = 64;

    private static readonly Epilogue Full =
        new() { HasResidual = true, Norm = NormKind.Rms, Quantization = Quantization.PerTokenFp8() };

    [Test]
    public void HaveTheBitsOfTheReference(
        [Values(2, 4)] int ranks,
        [Values(null, AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate)] AllReduceStrategy? strategy)
    {
        using var compared = New(ranks);
        var data = new AllReduceCase(ElementType.BFloat16, ranks, Hidden, MaxTokens, seed: 1);
        var calls = compared.Prepare(data, Full).Select((call, rank) => compared.Operation.Prepare(rank, call, strategy)).ToArray();
        for (var i = 0; i < 20; i++)
        {
            var next = new AllReduceCase(ElementType.BFloat16, ranks, Hidden, MaxTokens, seed: 100 + i);
            compared.Prepare(next, Full);
            Launch(compared, calls);
            Assert.That(compared.WhatIsWrong(next, Full), Is.Empty, $"launch {i}");
        }
    }

    [Test]
    public void HaveThemWithFewerTokensToo()
    {
        using var compared = New(2);
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, MaxTokens, seed: 1);
        var calls = compared.Prepare(data, Full).Select((call, rank) => compared.Operation.Prepare(rank, call)).ToArray();
        var all = data.Expected(Full);
        foreach (var tokens in new[] { 1, 7, 33, MaxTokens, 2 })
        {
            compared.Prepare(data, Full);
            foreach (var call in calls) call.SetTokens(tokens);
            Launch(compared, calls);
            var expected = all.ToDictionary(output => output.Key, output => StartOf(output.Value, tokens));
            Assert.That(compared.WhatIsWrong(data, Full, expected), Is.Empty, $"{tokens} tokens");
            Assert.That(calls[0].Plan, Is.EqualTo(compared.Operation.Plan(tokens, AllReduceEpilogue.Of(calls[0].Call))));
        }

        // The rows of the tokens, and behind them what was there before.
        static byte[] StartOf(byte[] output, int tokens)
        {
            var start = output.ToArray();
            start.AsSpan(output.Length / MaxTokens * tokens).Fill(0xFF);
            return start;
        }
    }

    [Test]
    public void AreRecordedAsOthersAre()
    {
        using var compared = New(2);
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 8, seed: 1);
        var calls = compared.Prepare(data, Full).Select((call, rank) => compared.Operation.Prepare(rank, call)).ToArray();
        var graphs = calls.Select(call => GpuGraph.Capture(compared.Group.Ranks[call.Rank].Stream!, () => call.Launch())).ToArray();
        for (var i = 0; i < 5; i++)
        {
            var next = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 8, seed: 10 + i);
            compared.Prepare(next, Full);
            foreach (var rank in compared.Group.Ranks) graphs[rank.Index].Launch(rank.Stream!);
            foreach (var rank in compared.Group.Ranks) compared.Operation.Synchronize(rank.Index);
            Assert.That(compared.WhatIsWrong(next, Full), Is.Empty, $"replay {i}");
            compared.Prepare(next, Full);
            Launch(compared, calls);
            Assert.That(compared.WhatIsWrong(next, Full), Is.Empty, $"launch {i}");
        }

        Array.ForEach(graphs, graph => graph.Dispose());
    }

    [Test]
    public void AllocateNothing()
    {
        using var compared = New(2);
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 8, seed: 1);
        var calls = compared.Prepare(data, Full).Select((call, rank) => compared.Operation.Prepare(rank, call)).ToArray();
        Launch(compared, calls);
        var before = GC.GetAllocatedBytesForCurrentThread();

        foreach (var call in calls)
        {
            call.SetTokens(3);
            call.SetTokens(8);
            call.SetInput(call.Call.Input);
            call.Launch();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        foreach (var rank in compared.Group.Ranks) compared.Operation.Synchronize(rank.Index);
    }

    [Test]
    public async Task AreWaitedForWithoutAThread()
    {
        using var compared = New(2);
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, 8, seed: 3);
        var calls = compared.Prepare(data, Full).Select((call, rank) => compared.Operation.Prepare(rank, call)).ToArray();
        calls[0].Launch();
        var waits = Enumerable.Range(0, 100).Select(_ => compared.Operation.SynchronizeAsync(0)).ToArray();
        Assert.That(waits[^1].IsCompleted, Is.False, "rank 1 has not launched");

        calls[1].Launch();

        await Task.WhenAll(waits.Append(compared.Operation.SynchronizeAsync(1))).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(compared.WhatIsWrong(data, Full), Is.Empty);
    }

    [Test]
    public void ARankThatDoesNotComeIsNamedByTheWait()
    {
        var group = OpenGpus.Group(2);
        using var operation = new Runtime.AllReduce(group, new() { HiddenSize = 64, MaxTokens = 1, DataType = ElementType.Float32, Timeout = TimeSpan.FromMilliseconds(100) });
        using var buffer = group.Ranks[0].Allocate<float>(64);
        operation.Prepare(0, new() { Input = buffer.AsTensor(1, 64), AllReduceOut = buffer.AsTensor(1, 64) }).Launch();

        Assert.That(
            async () => await operation.SynchronizeAsync(0).WaitAsync(TimeSpan.FromSeconds(30)),
            Throws.TypeOf<PeerTimeoutException>().With.Property(nameof(PeerTimeoutException.Peer)).EqualTo(1));
    }

    private static ComparedRanks New(int ranks) => new(ranks, new() { HiddenSize = Hidden, MaxTokens = MaxTokens });

    private static void Launch(ComparedRanks compared, PreparedAllReduce[] calls)
    {
        foreach (var call in calls) call.Launch();
        foreach (var call in calls) compared.Operation.Synchronize(call.Rank);
    }
}
