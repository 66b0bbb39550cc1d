using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>What only ranks on different GPUs can show; ignored where <c>FUSION_TEST_GPUS</c> lists no two of them.</summary>
public sealed class GroupsOnSeveralGpus : GpuGroupTest
{
    [OneTimeSetUp]
    public void RequireSeveralGpus()
    {
        if (!RanksOfATest.AreOnSeveralGpus) Assert.Ignore($"one GPU: {RanksOfATest.Variable} lists no two");
    }

    [Test]
    public void HaveTheirRanksWhereTheListSays()
    {
        using var group = RanksOfATest.Group(2);

        Assert.That(group.Topology, Is.EqualTo(GroupTopology.Gpus));
        Assert.That(group.Ranks.Select(rank => rank.Context!.Device.Ordinal), Is.Unique);
    }

    [Test]
    public void RefuseMemoryOfAnotherRanksGpu()
    {
        using var op = new GpuAndCpuRanks(2, 64, 1);

        Assert.That(() => op.Operation.Launch(0, null, op.Call(0, 1) with { Input = op.Call(1, 1).Input }),
            Throws.TypeOf<FusionArgumentException>());

        op.SetInputs(1);
        op.LaunchAll(1);
        op.Compare(1, "after a refused call");
    }
}
