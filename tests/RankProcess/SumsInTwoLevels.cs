using System.Globalization;
using Fusion.Interop.Nccl;
using Fusion.Runtime;
using Fusion.Tests.Shared;

namespace RankProcess;

/// <summary>All-reduces of a rank in two levels, whose results are compared bit for bit. There are two machines, so that NCCL sums two numbers, in
/// whatever order.</summary>
internal static class SumsInTwoLevels
{
    private const int Hidden = 4096;

    // 129 octets a row: those of an odd number of tokens cannot be shared.
    private const int OddHidden = 1032;

    /// <summary>Number of the rank's machine, where the test says that ranks are on several; null where it does not.</summary>
    /// <param name="rank">Index of the rank.</param>
    public static string? MachineOf(int rank) => Environment.GetEnvironmentVariable("FUSION_TEST_MACHINES")?.Split(',')[rank];

    /// <summary>Launches and replays calls, in one piece and in many.</summary>
    /// <param name="group">The group.</param>
    /// <param name="tokens">Largest number of tokens.</param>
    public static void Check(RankGroup group, int tokens)
    {
        Load();
        foreach (var (type, hidden) in new[] { (ElementType.BFloat16, Hidden), (ElementType.BFloat16, OddHidden), (ElementType.Float16, OddHidden), (ElementType.Float32, Hidden) })
        {
            foreach (var limit in new[] { AllReduceOptions.DefaultWorkspaceLimitBytes, 64 * 1024 })
            {
                using var operation = new AllReduce(group, Options(type, hidden, tokens) with { WorkspaceLimitBytes = limit });
                if (operation.Plan(tokens).Strategy != AllReduceStrategy.TwoLevel) throw new InvalidDataException(operation.Plan(tokens).Reason);
                foreach (var count in new[] { 1, 2, tokens - 1, tokens }) Check(group, operation, ShapeOf(group, type, hidden, count));
            }
        }
    }

    /// <summary>Does calls until one fails.</summary>
    public static void RunUntilItFails(RankGroup group, int tokens)
    {
        Load();
        using var operation = new AllReduce(group, Options(ElementType.BFloat16, Hidden, tokens));
        while (true) Check(group, operation, ShapeOf(group, ElementType.BFloat16, Hidden, tokens), rounds: 1);
    }

    /// <summary>Lets rank 0 leave a call out, which the others hear, and goes on after a reset.</summary>
    /// <returns>What this rank heard.</returns>
    public static string CheckLate(RankGroup group, int tokens)
    {
        Load();
        var rank = group.LocalRanks.Single();
        using var operation = new AllReduce(group, Options(ElementType.BFloat16, Hidden, tokens) with { Timeout = TimeSpan.FromSeconds(3) });
        var shape = ShapeOf(group, ElementType.BFloat16, Hidden, tokens);
        using var call = new TwoLevelCall(shape, rank);
        Launch(operation, rank, call, shape, 0);
        call.Begin(rank.Index, 1);
        var heard = LateRank.Hear(
            rank, "waited for rank 0 longer than 3 s: two-level", () => operation.Launch(rank.Index, call.Value), () => operation.Synchronize(rank.Index), operation.ThrowIfFailed);
        operation.Reset();
        Launch(operation, rank, call, shape, 2);
        return heard;
    }

    private static void Check(RankGroup group, AllReduce operation, TwoLevelShape shape, int rounds = 3)
    {
        var rank = group.LocalRanks.Single();
        using var call = new TwoLevelCall(shape, rank);
        for (var round = 0; round < rounds; round++) Launch(operation, rank, call, shape, round);
        if (rounds == 1) return;
        using var graph = GpuGraph.Capture(rank.Stream!, () => operation.Launch(rank.Index, call.Value));
        for (var round = rounds; round < 2 * rounds; round++)
        {
            call.Begin(rank.Index, round);
            graph.Launch(rank.Stream!);
            Compare(operation, rank, call, shape, round, "replayed");
        }
    }

    private static void Launch(AllReduce operation, Rank rank, TwoLevelCall call, TwoLevelShape shape, int round)
    {
        call.Begin(rank.Index, round);
        operation.Launch(rank.Index, call.Value);
        Compare(operation, rank, call, shape, round, "launched");
    }

    private static void Compare(AllReduce operation, Rank rank, TwoLevelCall call, TwoLevelShape shape, int round, string how)
    {
        operation.Synchronize(rank.Index);
        var (found, expected) = (call.Results(), shape.Expected(round));
        var length = found.AsSpan().CommonPrefixLength(expected);
        if (length < expected.Length)
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{shape}, round {round}, {how}: byte {length} of {expected.Length} is {found[length]}, not {expected[length]}"));
    }

    private static TwoLevelShape ShapeOf(RankGroup group, ElementType type, int hidden, int tokens)
    {
        var machines = group.Ranks.Select(rank => MachineOf(rank.Index)).Distinct().Count();
        return new(machines, group.WorldSize / machines, type, hidden, tokens, TwoLevelEpilogue.Usual);
    }

    private static AllReduceOptions Options(ElementType type, int hidden, int tokens) =>
        new() { HiddenSize = hidden, MaxTokens = tokens, DataType = type, TwoLevel = true, Timeout = TimeSpan.FromSeconds(30) };

    // An NcclAllReduce of the whole group, whose library would be taken, is not possible where ranks share a GPU.
    private static void Load()
    {
        if (NcclAllReduce.InPlaceOfTheInstalled is not null || Environment.GetEnvironmentVariable("FUSION_TEST_NCCL") is not { } path) return;
        NcclAllReduce.InPlaceOfTheInstalled = NcclLibrary.TryLoad(path, out var library, out var failure) ? library : throw NcclException.NotFound(path, failure, isNeeded: true);
    }
}
