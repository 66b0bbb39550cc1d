using Fusion.Runtime;

namespace RankProcess;

/// <summary>Collectives of a rank by NCCL, which GPUs of several machines have.</summary>
internal static class CollectivesByNccl
{
    /// <summary>Launches and replays calls, in one piece and in many, and compares what comes with what the inputs of all ranks say.</summary>
    /// <returns>NCCL's version.</returns>
    public static string Check(RankGroup group, int rows)
    {
        using var nccl = Load(group);
        foreach (var bytes in new[] { CollectivesOptions.DefaultWorkspaceBytes, CollectivesOptions.SmallestWorkspaceBytes })
        {
            using var operation = new Collectives(group, new() { Nccl = nccl, WorkspaceBytes = bytes });
            foreach (var isRecorded in new[] { false, true })
            {
                foreach (var count in new[] { 1, 2, rows }) CollectiveCalls.Check(group, operation, count, isRecorded);
            }
        }

        nccl.ThrowIfFailed();
        return $"NCCL {nccl.Version}";
    }

    /// <summary>Does calls until one fails.</summary>
    public static void RunUntilItFails(RankGroup group, int rows)
    {
        using var nccl = Load(group);
        using var operation = new Collectives(group, new() { Nccl = nccl, Timeout = TimeSpan.FromSeconds(30) });
        while (true) CollectiveCalls.Check(group, operation, rows, isRecorded: false);
    }

    /// <summary>Lets rank 0 leave a call out, which the others hear, and goes on after a reset.</summary>
    /// <param name="group">The group.</param>
    /// <param name="kind">The collective that it leaves out: <c>gather</c>, <c>scatter</c> or <c>choice</c>.</param>
    /// <returns>What this rank heard.</returns>
    public static string CheckLate(RankGroup group, string kind)
    {
        const int Columns = 64, Choices = 3;
        var (rank, world) = (group.LocalRanks.Single(), group.WorldSize);
        using var nccl = Load(group);
        using var operation = new Collectives(group, new() { Nccl = nccl, Timeout = TimeSpan.FromSeconds(3) });
        CollectiveCalls.Check(group, operation, 2, isRecorded: false);
        using var input = rank.Allocate<float>(world * Columns);
        using var output = rank.Allocate<float>(world * world * Columns);
        using var indices = rank.Allocate<int>(world * Choices);
        input.Clear();
        var heard = LateRank.Hear(
            rank, "waited for rank 0 longer than 3 s: collective: the exchange by NCCL, call ", Launch,
            () => operation.Synchronize(rank.Index), operation.ThrowIfFailed);
        operation.Reset();
        if (kind == "choice" && rank.Index > 0)
        {
            var found = new int[world * Choices];
            indices.CopyTo(found);
            if (found.AsSpan().ContainsAnyExcept(-1)) throw new InvalidDataException($"indices of a call that failed: {string.Join(' ', found)}");
        }

        CollectiveCalls.Check(group, operation, 2, isRecorded: false);
        return heard;

        void Launch()
        {
            var tensor = input.AsTensor(world, Columns);
            if (kind == "gather") operation.AllGatherColumns(rank.Index, tensor, output.AsTensor(world, world * Columns));
            else if (kind == "scatter") operation.ReduceScatterRows(rank.Index, tensor, output.Slice(0, Columns).AsTensor(1, Columns));
            else operation.TopK(rank.Index, tensor, indices.AsTensor(ElementType.Int32, world, Choices));
        }
    }

    private static NcclAllReduce Load(RankGroup group) => new(group, Environment.GetEnvironmentVariable("FUSION_TEST_NCCL"));
}
