using System.Diagnostics;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Exchange;

/// <summary>What a group does whose ranks launch all-reduces that are not the same, on GPUs and on emulated ones.</summary>
internal sealed class AllReducesThatDiffer : IDisposable
{
    private const int Hidden = 64, MaxTokens = 4;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly RankGroup group;
    private readonly AllReduce operation;
    private readonly RankBuffer<float>[] inputs, outputs, gammas;

    /// <param name="group">The group, which is disposed with this.</param>
    public AllReducesThatDiffer(RankGroup group)
    {
        this.group = group;
        operation = new(group, new() { HiddenSize = Hidden, MaxTokens = MaxTokens, DataType = ElementType.Float32, Timeout = Timeout });
        inputs = [.. group.Ranks.Select(rank => rank.Allocate<float>(MaxTokens * Hidden))];
        outputs = [.. group.Ranks.Select(rank => rank.Allocate<float>(MaxTokens * Hidden))];
        gammas = [.. group.Ranks.Select(rank => rank.Allocate<float>(Hidden))];
        foreach (var rank in group.Ranks)
        {
            inputs[rank.Index].CopyFrom([.. Enumerable.Range(0, MaxTokens * Hidden).Select(i => (float)(i + (1000 * rank.Index)))]);
            gammas[rank.Index].CopyFrom([.. Enumerable.Repeat(1f, Hidden)]);
        }
    }

    /// <summary>Launches a call of each rank, the last one's being another one.</summary>
    /// <param name="call">The call of the first ranks.</param>
    /// <param name="other">The call of the last rank.</param>
    /// <param name="difference">What is said of them, with the ranks as in a format string.</param>
    public void AreSaid((int Tokens, bool HasNorm, AllReduceStrategy? Strategy) call, (int Tokens, bool HasNorm, AllReduceStrategy? Strategy) other, string difference)
    {
        HaveRightSums();
        var last = group.WorldSize - 1;
        var clock = Stopwatch.StartNew();
        for (var rank = 0; rank < last; rank++) operation.Launch(rank, null, Call(rank, call.Tokens, call.HasNorm), call.Strategy);

        var failure = Assert.Throws<RankGroupException>(() => operation.Launch(last, null, Call(last, other.Tokens, other.HasNorm), other.Strategy))!;

        // Rank 0 is a neighbour of the last one.
        Assert.That(failure.Message, Does.StartWith($"FUSION4009: In call 1, {difference.Replace("LAST", $"rank {last}", StringComparison.Ordinal)}"));
        Assert.That(failure.Ranks.Count, Is.EqualTo(2));
        Assert.That(failure.Ranks, Has.Member(last));
        for (var rank = 0; rank < last; rank++)
            Assert.That(Assert.Throws<RankGroupException>(() => operation.Synchronize(rank))!.Message, Is.EqualTo(failure.Message));
        Assert.That(() => operation.Launch(last, Call(last, 1, false)), Throws.TypeOf<ResetRequiredException>());
        Assert.That(clock.Elapsed, Is.LessThan(Timeout / 2), "kernels that waited were told to give up");
        operation.Reset();
        HaveRightSums();
    }

    /// <summary>Prepared calls are compared as they are launched, with the tokens that they were set to.</summary>
    public void AreSaidOfPreparedCalls()
    {
        var prepared = group.Ranks.Select(rank => operation.Prepare(rank.Index, Call(rank.Index, MaxTokens, false))).ToArray();
        for (var round = 0; round < 2; round++)
        {
            foreach (var one in prepared) one.Launch();
        }

        foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        prepared[0].SetTokens(2);
        prepared[0].Launch();

        Assert.That(() => prepared[1].Launch(), Throws.TypeOf<RankGroupException>().With.Message.Contains("In call 2, tokens: 2 on rank 0, but 4 on rank 1"));

        operation.Reset();
        foreach (var one in prepared[1..]) one.SetTokens(2);
        foreach (var one in prepared) one.Launch();
        foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        HaveRightSums();
    }

    /// <summary>Ranks launch from threads of their own, and one of them makes a mistake somewhere.</summary>
    /// <param name="calls">Number of calls.</param>
    /// <param name="wrong">Index of the call that differs.</param>
    public void AreSaidToThreads(int calls, int wrong)
    {
        var last = group.WorldSize - 1;
        var failures = new FusionException?[group.WorldSize];
        var threads = group.Ranks.Select(rank => new Thread(() =>
        {
            try
            {
                for (var call = 0; call < calls; call++)
                    operation.Launch(rank.Index, Call(rank.Index, rank.Index == last && call == wrong ? 2 : 1, false));
                operation.Synchronize(rank.Index);
            }
            catch (FusionException e)
            {
                failures[rank.Index] = e;
            }
        })).ToArray();
        var clock = Stopwatch.StartNew();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.That(clock.Elapsed, Is.LessThan(Timeout / 2));
        foreach (var failure in failures)
        {
            Assert.That(failure, Is.TypeOf<RankGroupException>());
            Assert.That(failure!.Message, Does.Contain($"In call {wrong}, tokens: 1 on rank ").And.Contain($"2 on rank {last}"));
        }

        operation.Reset();
        HaveRightSums();
    }

    /// <summary>A rank may replay what another one launches, and mistakes are found after that too.</summary>
    public void AreNotLookedForInCudaGraphs()
    {
        HaveRightSums();
        using var graph = GpuGraph.Capture(group.Ranks[0].Stream!, () => operation.Launch(0, Call(0, 1, false)));
        for (var call = 0; call < 2; call++)
        {
            graph.Launch(group.Ranks[0].Stream!);
            for (var rank = 1; rank < group.WorldSize; rank++) operation.Launch(rank, Call(rank, 1, false));
            foreach (var rank in group.Ranks) operation.Synchronize(rank.Index);
        }

        HaveRightSums();
    }

    /// <summary>Does a call of all ranks and compares the sums.</summary>
    public void HaveRightSums()
    {
        foreach (var rank in group.Ranks)
        {
            outputs[rank.Index].FillBytes(0xA5);
            operation.Launch(rank.Index, Call(rank.Index, MaxTokens, false));
        }

        var ranks = group.WorldSize;
        foreach (var rank in group.Ranks)
        {
            operation.Synchronize(rank.Index);
            var sums = new float[MaxTokens * Hidden];
            outputs[rank.Index].CopyTo(sums);
            Assert.That(sums, Is.EqualTo(Enumerable.Range(0, sums.Length).Select(i => (float)((ranks * i) + (1000 * ranks * (ranks - 1) / 2)))));
        }
    }

    public void Dispose()
    {
        operation.Dispose();
        foreach (var buffer in inputs.Concat(outputs).Concat(gammas)) buffer.Dispose();
        group.Dispose();
    }

    private AllReduceCall Call(int rank, int tokens, bool hasNorm)
    {
        var (input, output) = (inputs[rank].AsTensor(MaxTokens, Hidden) with { Rows = tokens }, outputs[rank].AsTensor(MaxTokens, Hidden) with { Rows = tokens });
        return hasNorm
            ? new() { Input = input, Norm = Normalization.Rms(gammas[rank].Span.AsTensor(ElementType.Float32, 1, Hidden), 1e-5f), NormOut = output }
            : new() { Input = input, AllReduceOut = output };
    }
}
