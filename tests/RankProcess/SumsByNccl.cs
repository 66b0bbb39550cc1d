using Fusion.Runtime;

namespace RankProcess;

/// <summary>Sums of a rank by NCCL, launched and replayed, which are compared with what the inputs of all ranks say.</summary>
internal static class SumsByNccl
{
    private const int Hidden = 1024;

    /// <returns>NCCL's version.</returns>
    public static string Check(RankGroup group, int tokens)
    {
        var rank = group.LocalRanks.Single();
        using var nccl = new NcclAllReduce(group, Environment.GetEnvironmentVariable("FUSION_TEST_NCCL"));
        using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = tokens, DataType = ElementType.Float32, Library = nccl });
        using var input = rank.Allocate<float>(tokens * Hidden);
        using var sum = rank.Allocate<float>(tokens * Hidden);
        var call = new AllReduceCall { Input = input.AsTensor(tokens, Hidden), AllReduceOut = sum.AsTensor(tokens, Hidden) };

        for (var number = 0; number < 3; number++)
        {
            Begin(number);
            operation.Launch(rank.Index, null, call, AllReduceStrategy.Separate);
            Compare(number, "launched");
        }

        using var graph = GpuGraph.Capture(rank.Stream!, () => operation.Launch(rank.Index, null, call, AllReduceStrategy.Separate));
        for (var number = 3; number < 6; number++)
        {
            Begin(number);
            graph.Launch(rank.Stream!);
            Compare(number, "replayed");
        }

        nccl.ThrowIfFailed();
        return $"NCCL {nccl.Version}";

        void Begin(int number)
        {
            input.CopyFrom([.. Enumerable.Range(0, tokens * Hidden).Select(i => Value(number, rank.Index, i))]);
            sum.FillBytes(0xA5);
        }

        void Compare(int number, string how)
        {
            operation.Synchronize(rank.Index);
            var found = new float[tokens * Hidden];
            sum.CopyTo(found);
            for (var i = 0; i < found.Length; i++)
            {
                var expected = Enumerable.Range(0, group.WorldSize).Sum(of => Value(number, of, i));
                if (found[i] != expected) throw new InvalidDataException($"call {number}, {how}: element {i} is {found[i]}, not {expected}");
            }
        }
    }

    /// <summary>Lets rank 0 leave a call out, which the others hear, and goes on after a reset.</summary>
    /// <returns>What this rank heard.</returns>
    public static string CheckLate(RankGroup group, int tokens)
    {
        var rank = group.LocalRanks.Single();
        using var nccl = new NcclAllReduce(group, Environment.GetEnvironmentVariable("FUSION_TEST_NCCL"));
        using var operation = new AllReduce(
            group, new() { HiddenSize = Hidden, MaxTokens = tokens, DataType = ElementType.Float32, Library = nccl, Timeout = TimeSpan.FromSeconds(3) });
        using var data = rank.Allocate<float>(tokens * Hidden);
        var call = new AllReduceCall { Input = data.AsTensor(tokens, Hidden), AllReduceOut = data.AsTensor(tokens, Hidden) };
        Sum();
        var heard = LateRank.Hear(
            rank, "waited for rank 0 longer than 3 s: separate: the sum by NCCL, call 1", () => operation.Launch(rank.Index, null, call, AllReduceStrategy.Separate),
            () => operation.Synchronize(rank.Index), operation.ThrowIfFailed);
        operation.Reset();
        Sum();
        return heard;

        void Sum()
        {
            data.CopyFrom([.. Enumerable.Range(0, tokens * Hidden).Select(i => Value(0, rank.Index, i))]);
            operation.Launch(rank.Index, null, call, AllReduceStrategy.Separate);
            operation.Synchronize(rank.Index);
            var found = new float[tokens * Hidden];
            data.CopyTo(found);
            for (var i = 0; i < found.Length; i++)
            {
                if (found[i] != Enumerable.Range(0, group.WorldSize).Sum(of => Value(0, of, i))) throw new InvalidDataException($"element {i} is {found[i]}");
            }
        }
    }

    /// <summary>Lets rank 0 leave a replay out, which the others hear.</summary>
    /// <returns>What this rank heard.</returns>
    public static string CheckLateReplay(RankGroup group, int tokens)
    {
        var rank = group.LocalRanks.Single();
        using var nccl = new NcclAllReduce(group, Environment.GetEnvironmentVariable("FUSION_TEST_NCCL"));
        using var operation = new AllReduce(
            group, new() { HiddenSize = Hidden, MaxTokens = tokens, DataType = ElementType.Float32, Library = nccl, Timeout = TimeSpan.FromSeconds(3) });
        using var data = rank.Allocate<float>(tokens * Hidden);
        data.Clear();
        var call = new AllReduceCall { Input = data.AsTensor(tokens, Hidden), AllReduceOut = data.AsTensor(tokens, Hidden) };
        using var graph = GpuGraph.Capture(rank.Stream!, () =>
        {
            for (var i = 0; i < 3; i++) operation.Launch(rank.Index, null, call, AllReduceStrategy.Separate);
        });
        // Many in a row are no wait.
        for (var i = 0; i < 1000; i++) graph.Launch(rank.Stream!);
        operation.Synchronize(rank.Index);
        var heard = LateRank.Hear(
            rank, "longer than 3 s: separate: a sum by NCCL that a CUDA graph replayed, call 3000", () => graph.Launch(rank.Stream!),
            () => operation.Synchronize(rank.Index), operation.ThrowIfFailed);
        try
        {
            operation.Reset();
        }
        catch (NcclException e) when (e.Message.Contains("CUDA graphs have calls of it", StringComparison.Ordinal))
        {
            return heard;
        }

        throw new InvalidDataException("Reset did not say that the graph cannot be replayed any more.");
    }

    // Whole numbers, whose sum is exact in any order.
    private static float Value(int call, int rank, int i) => ((i * 7) + (rank * 13) + (call * 31)) % 1000;
}
