using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class PolicyRows
{
    private static readonly int[] WorldSizes = [.. AllReduceVocabulary.WorldSizes];
    private static readonly ComputeCapability Hopper = new(9, 0);

    [Test]
    public void ThereAreLimitsForEveryGpuWorldSizeAndTopology(
        [Values(80, 86, 89, 90, 100, 103, 120, 121)] int sm,
        [ValueSource(nameof(WorldSizes))] int ranks,
        [Values(GroupTopology.Gpus, GroupTopology.Loopback)] GroupTopology topology)
    {
        var row = AllReducePolicy.Default.RowFor(ComputeCapability.FromNumber(sm), topology, ranks);
        Assert.That(row, Is.Not.Null);
        Assert.That(row!.Fault, Is.Null);
        Assert.That(row.Source, Is.Not.Empty);
        Assert.That(row.OneShotUpTo, Is.Positive);
        Assert.That(row.TwoShotUpTo, topology == GroupTopology.Loopback ? Is.Null : Is.GreaterThanOrEqualTo(row.OneShotUpTo));
    }

    [TestCase(80, "sm_80")]
    [TestCase(86, "sm_80")]
    [TestCase(90, "sm_90")]
    [TestCase(100, "sm_100")]
    [TestCase(103, "sm_100")]
    [TestCase(120, null)]
    [TestCase(75, null)]
    public void ALaterGpuOfAGenerationTakesItsRowsAndOthersTheCautiousOnes(int sm, string? architecture) => Assert.That(
        AllReducePolicy.Default.RowFor(ComputeCapability.FromNumber(sm), GroupTopology.Gpus, 8)!.Architecture,
        Is.EqualTo(architecture));

    [TestCaseSource(nameof(WorldSizes))]
    public void AnUnknownGpuHasTheSmallestLimitsOfAll(int ranks)
    {
        var unknown = AllReducePolicy.Default.RowFor(new(12, 0), GroupTopology.Gpus, ranks)!;
        var known = DefaultPolicyRows.All
            .Where(row => row.WorldSize == ranks && row.Architecture is not null && row.Topology == GroupTopology.Gpus).ToList();
        Assert.That(known, Has.Count.EqualTo(3));
        Assert.That(unknown.OneShotUpTo, Is.EqualTo(known.Min(row => row.OneShotUpTo)));
        Assert.That(unknown.TwoShotUpTo, Is.EqualTo(known.Min(row => row.TwoShotUpTo)));
    }

    [TestCase(2, 4 << 20, 128 << 20)]
    [TestCase(3, 384 << 10, 128 << 20)]
    [TestCase(4, 192 << 10, 128 << 20)]
    [TestCase(5, 128 << 10, 32 << 20)]
    [TestCase(6, 96 << 10, 32 << 20)]
    [TestCase(7, 80 << 10, 32 << 20)]
    [TestCase(8, 64 << 10, 32 << 20)]
    [TestCase(16, 24 << 10, 16 << 20)]
    public void HopperHasTheLimitsMeasuredOnH100sAndTheModelsBeyond(int ranks, long oneShot, long twoShot)
    {
        var row = AllReducePolicy.Default.RowFor(Hopper, GroupTopology.Gpus, ranks)!;
        Assert.That((row.OneShotUpTo, row.TwoShotUpTo), Is.EqualTo((oneShot, (long?)twoShot)));
        Assert.That(row.Source, Does.Contain(ranks > 4 ? "a model fitted to 2 to 4 H100s, not measured" : "measured on H100s joined by NVLink"));
    }

    [TestCase(5, 192 << 10)]
    [TestCase(8, 128 << 10)]
    [TestCase(16, 64 << 10)]
    public void OnOneGpuHopperKeepsTheLimitsOfAnH200(int ranks, long oneShot) =>
        Assert.That(AllReducePolicy.Default.RowFor(Hopper, GroupTopology.Loopback, ranks)!.OneShotUpTo, Is.EqualTo(oneShot));

    // More ranks send more by one-shot, while two-shot sends as much, so two-shot begins to pay at fewer bytes.
    [Test]
    public void MoreGpusNeverHaveAHigherLimit([Values(80, 90, 100, 120)] int sm)
    {
        var limits = WorldSizes.Select(ranks => AllReducePolicy.Default.RowFor(ComputeCapability.FromNumber(sm), GroupTopology.Gpus, ranks)!.OneShotUpTo);
        Assert.That(limits, Is.Ordered.Descending);
    }

    [Test]
    public void ARowOfOnesOwnComesBeforeTheBuiltInOnes()
    {
        var policy = AllReducePolicy.WithLimits(1, 2);
        Assert.That(policy.RowFor(Hopper, GroupTopology.Gpus, 8)!.OneShotUpTo, Is.EqualTo(1));
        Assert.That(policy.RowFor(Hopper, GroupTopology.Loopback, 2)!.TwoShotUpTo, Is.EqualTo(2));
    }

    [Test]
    public void WhatOnesOwnRowsDoNotCoverStaysAsBuiltIn()
    {
        var policy = AllReducePolicy.Default.With(new() { Architecture = "sm_90", WorldSize = 8, OneShotUpTo = 7 });
        Assert.That(policy.RowFor(Hopper, GroupTopology.Gpus, 8)!.OneShotUpTo, Is.EqualTo(7));
        Assert.That(policy.RowFor(Hopper, GroupTopology.Gpus, 4), Is.EqualTo(AllReducePolicy.Default.RowFor(Hopper, GroupTopology.Gpus, 4)));
    }

    [Test]
    public void OfOnesOwnRowsTheNearestCounts()
    {
        var policy = AllReducePolicy.Default
            .With(new() { OneShotUpTo = 1 })
            .With(new() { WorldSize = 8, OneShotUpTo = 2 })
            .With(new() { WorldSize = 8, Topology = GroupTopology.Loopback, OneShotUpTo = 3 })
            .With(new() { Architecture = "sm_90", OneShotUpTo = 4 });
        long Limit(int sm, int ranks, GroupTopology topology) =>
            policy.RowFor(ComputeCapability.FromNumber(sm), topology, ranks)!.OneShotUpTo;

        Assert.That(Limit(100, 4, GroupTopology.Gpus), Is.EqualTo(1));
        Assert.That(Limit(100, 8, GroupTopology.Gpus), Is.EqualTo(2));
        Assert.That(Limit(100, 8, GroupTopology.Loopback), Is.EqualTo(3));
        Assert.That(Limit(90, 8, GroupTopology.Loopback), Is.EqualTo(4));
    }

    [Test]
    public void ARowForTheSameGroupsReplacesTheOneBefore()
    {
        var policy = AllReducePolicy.WithLimits(1).With(new() { OneShotUpTo = 5 });
        Assert.That(policy.Rows, Has.Count.EqualTo(1));
        Assert.That(policy.RowFor(Hopper, GroupTopology.Gpus, 8)!.OneShotUpTo, Is.EqualTo(5));
    }

    [TestCase(null, null, -1, null, "oneShotUpTo")]
    [TestCase(null, null, 10, 9, "twoShotUpTo")]
    [TestCase(null, 9, 10, null, "worldSize")]
    [TestCase("sm90", 8, 10, null, "architecture")]
    [TestCase("compute_90", 8, 10, null, "architecture")]
    public void ARowThatMakesNoSenseIsRefused(string? architecture, int? ranks, int oneShot, int? twoShot, string field)
    {
        var row = new AllReducePolicyRow
        {
            Architecture = architecture,
            WorldSize = ranks,
            OneShotUpTo = oneShot,
            TwoShotUpTo = twoShot,
        };
        var error = Assert.Throws<FusionDataException>(() => AllReducePolicy.Default.With(row));
        Assert.That(error, Has.Property(nameof(FusionDataException.Field)).EqualTo(field)
            .And.Property(nameof(FusionDataException.File)).Null.And.Message.StartsWith("FUSION3003: "));
    }
}
