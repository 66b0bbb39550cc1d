using FsCheck;
using FsCheck.Fluent;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class PlanProperties
{
    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool MoreTokensNeverGoBackToAnEarlierStrategy(PlanRequest request, PositiveInt more)
    {
        var larger = AllReduceDispatcher.Plan(request with { Tokens = request.Tokens + more.Get });
        return larger.IsRefused || larger.Strategy >= AllReduceDispatcher.Plan(request).Strategy;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool EachStrategyEndsAtOneSizeAlone(PlanRequest request)
    {
        var row = request.Policy.RowFor(request.Capability, request.Topology, request.WorldSize)!;
        var bytes = (long)request.Tokens * request.HiddenSize * (request.DataType == ElementType.Float32 ? 4 : 2);
        var expected = bytes <= row.OneShotUpTo ? AllReduceStrategy.OneShot
            : bytes <= (row.TwoShotUpTo ?? long.MaxValue) ? AllReduceStrategy.TwoShot : AllReduceStrategy.Separate;
        return AllReduceDispatcher.Plan(request).Strategy == expected;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 1000)]
    public bool TheWorkspaceHoldsEveryCallThatIsNotRefused(PlanRequest request, AllReduceStrategy? forced)
    {
        request = request with { Strategy = forced };
        var plan = AllReduceDispatcher.Plan(request);
        if (plan.IsRefused) return forced is not null;
        var workspace = WorkspaceLayout.For(request);
        var tokenBytes = (long)request.HiddenSize * (request.DataType == ElementType.Float32 ? 4 : 2);
        var share = (plan.PieceTokens + request.WorldSize - 1) / request.WorldSize;
        // What the exchange writes, in the places where the kernels write it.
        return plan.WorkspaceBytes == workspace.Bytes && plan.Exchange switch
        {
            AllReduceStrategy.OneShot => plan.PieceTokens * tokenBytes <= workspace.OneShotSlotBytes &&
                (request.WorldSize - 1) * workspace.OneShotSlotBytes <= workspace.BufferBytes,
            AllReduceStrategy.TwoShot => share * tokenBytes <= workspace.TwoShotSlotBytes &&
                (request.WorldSize - 1) * workspace.TwoShotSlotBytes <= workspace.GatherOffset &&
                workspace.GatherOffset + (plan.PieceTokens * tokenBytes) <= workspace.BufferBytes,
            _ => false,
        };
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 1000)]
    public bool PiecesAreTheWholeCallAndNoLargerThanTheWorkspacesLimitAllows(PlanRequest request, FsCheck.PositiveInt kibibytes)
    {
        request = request with { WorkspaceLimitBytes = kibibytes.Get * 1024L, Policy = AllReducePolicy.WithLimits(long.MaxValue) };
        var plan = AllReduceDispatcher.Plan(request);
        if (plan.IsRefused || request.WorldSize == 1) return plan.Pieces == 1;
        var layout = WorkspaceLayout.For(request);
        var last = plan.Tokens - ((plan.Pieces - 1) * plan.PieceTokens);
        return last > 0 && last <= plan.PieceTokens && (plan.Pieces == 1 || plan.PieceTokens % 128 == 0) &&
            (layout.Bytes <= request.WorkspaceLimitBytes || Math.Min(layout.OneShotPiece, layout.TwoShotPiece) <= 128);
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool OffsetsAndSizesAreMultiplesOf256(PlanRequest request)
    {
        var workspace = WorkspaceLayout.For(request);
        return workspace.BufferBytes % 256 == 0 && workspace.GatherOffset % 256 == 0 && workspace.Bytes % 256 == 0;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool AForcedStrategyIsTakenOrRefusedNeverReplaced(PlanRequest request, AllReduceStrategy forced)
    {
        var plan = AllReduceDispatcher.Plan(request with { Strategy = forced });
        return plan.Strategy == forced || (plan.IsRefused && plan.Reason.Contains(AllReduceDispatcher.Name(forced)));
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool EveryRankMakesTheSamePlan(PlanRequest request)
    {
        var first = AllReduceDispatcher.Plan(request);
        var other = AllReduceDispatcher.Plan(request with { Policy = CopyOf(request.Policy) });
        return first == other;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool ThreadsCoverATokenInABlockOrACluster(PlanRequest request)
    {
        var plan = AllReduceDispatcher.Plan(request);
        var holds = plan.Threads * plan.VectorsPerThread * 8;
        // Kernels for usual calls have a vector a thread in rows of any length, and as many blocks as that takes.
        return plan.Threads >= 32 && plan.Threads <= (plan.VectorsPerThread == 1 ? 4096 : 1024) && plan.Threads % 32 == 0 && holds >= request.HiddenSize &&
            (plan.Threads - 32) * plan.VectorsPerThread * 8 < request.HiddenSize;
    }

    private static AllReducePolicy CopyOf(AllReducePolicy policy) =>
        policy.Rows.Aggregate(AllReducePolicy.Default, (copy, row) => copy.With(row with { }));

    private static class Generators
    {
        private static readonly int[] Chips = [80, 86, 89, 90, 100, 103, 120];
        private static readonly int[] Worlds = [.. AllReduceVocabulary.WorldSizes];

        public static Arbitrary<PlanRequest> Request() => AnyRequest.ToArbitrary();

        public static Arbitrary<AllReduceStrategy> Strategy() => Gen.Elements(
            AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate).ToArbitrary();

        private static Gen<AllReducePolicy> AnyPolicy => Gen.OneOf(
            Gen.Constant(AllReducePolicy.Default),
            from oneShot in Gen.Choose(0, 1 << 22)
            from more in Gen.Choose(0, 1 << 26)
            select AllReducePolicy.WithLimits(oneShot, (long)oneShot + more),
            from oneShot in Gen.Choose(0, 1 << 22)
            select AllReducePolicy.WithLimits(oneShot));

        private static Gen<PlanRequest> AnyRequest =>
            from chip in Gen.Elements(Chips)
            from topology in Gen.Elements(GroupTopology.Gpus, GroupTopology.Loopback)
            from ranks in Gen.Elements(Worlds)
            from vectors in Gen.OneOf(Gen.Choose(1, 64), Gen.Choose(1, 4096))
            from type in Gen.Elements(ElementType.BFloat16, ElementType.Float16, ElementType.Float32)
            from maxTokens in Gen.OneOf(Gen.Choose(1, 64), Gen.Choose(1, 8192))
            from tokens in Gen.Choose(1, maxTokens)
            from policy in AnyPolicy
            select new PlanRequest
            {
                Capability = ComputeCapability.FromNumber(chip),
                Topology = topology,
                WorldSize = ranks,
                HiddenSize = vectors * 8,
                DataType = type,
                MaxTokens = maxTokens,
                Tokens = tokens,
                Policy = policy,
            };
    }
}
