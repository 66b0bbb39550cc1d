namespace Fusion.Runtime.Tests.Ranks;

public sealed class PlansThatDiffer
{
    [Test]
    public void AreFoundWhenTheOperationIsMadeAndWhatDiffersIsSaid()
    {
        using var group = RankGroup.OnCpu(4);

        var failure = Assert.Throws<RankGroupException>(() => AllReduce.WithOptionsOf(
            rank => CpuOperation.Options(hidden: rank == 2 ? 16 : 8), group))!;

        Assert.That(failure, Has.Property("Code").EqualTo("FUSION4004").And.Property("Ranks").EqualTo(new[] { 0, 2 }));
        Assert.That(failure.Message, Does.Contain(": hidden size: 8 on rank 0, 16 on rank 2."));
    }

    [Test]
    public void SayAllThatDiffers()
    {
        using var group = RankGroup.OnCpu(2);

        Assert.That(() => AllReduce.WithOptionsOf(rank => CpuOperation.Options(maxTokens: 4 + rank) with
        {
            DataType = rank == 0 ? ElementType.BFloat16 : ElementType.Float16,
            Timeout = TimeSpan.FromSeconds(1 + rank),
        }, group), Throws.TypeOf<RankGroupException>().With.Message.Contain("type: bf16 on rank 0, f16 on rank 1")
            .And.Message.Contain("most tokens: 4 on rank 0, 5 on rank 1")
            .And.Message.Contain("timeout: 00:00:01 on rank 0, 00:00:02 on rank 1"));
    }

    [Test]
    public void InPolicyGridOrKernelAreFound()
    {
        var plan = Plan(new() { ["one_shot"] = 66 }, rank: 0);

        Assert.That(Differences(plan, Plan(new() { ["one_shot"] = 57 })),
            Does.Contain(": blocks of one_shot: 66 on rank 0, 57 on rank 1."));
        Assert.That(Differences(plan, Plan(new() { ["one_shot_v4"] = 66 })), Does.Contain(
            ": blocks of one_shot: 66 on rank 0, not there on rank 1; blocks of one_shot_v4: not there on rank 0, 66 on rank 1."));
        Assert.That(Differences(plan, Plan(new() { ["one_shot"] = 66 }, AllReducePolicy.WithLimits(4096))),
            Does.Contain("; one-shot's limit: 65536 on rank 0, 4096 on rank 1"));
    }

    private static string Differences(RankPlan a, RankPlan b) =>
        Assert.Throws<RankGroupException>(() => PlanAgreement.Check([a, b]))!.Message;

    private static RankPlan Plan(Dictionary<string, int> grids, AllReducePolicy? policy = null, int rank = 1)
    {
        var request = new PlanRequest
        {
            Capability = new(9, 0),
            WorldSize = 8,
            Tokens = 64,
            MaxTokens = 64,
            HiddenSize = 4096,
            Policy = policy ?? AllReducePolicy.WithLimits(65536, 1 << 20),
        };
        return RankPlan.Of(rank, request, TimeSpan.FromSeconds(10), WorkspaceLayout.For(request), grids);
    }
}
