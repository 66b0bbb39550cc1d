using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Execution;

/// <summary>What <see cref="CompiledGraph.PlanOf"/> says is what a run does, above the size limit too.</summary>
public sealed class PlansOfGraphs
{
    private const string Op = "layers.0.attention_sum";

    [Test]
    public void AboveTheLimitTheReasonIsTheLimits()
    {
        using var group = RankGroup.OnCpu(2);
        var config = new FusionPassConfig { MaxSizeMb = FusionPassConfig.Default.MaxSizeMb.Add(2, 1.0 / 1024) };
        using var compiled = Layers.Build(1, QuantizationKind.None).Compile(group, new() { Passes = config, MaxTokens = 16 });

        var (below, above) = (compiled.PlanOf(Op, 8), compiled.PlanOf(Op, 9));
        Assert.That((below.Strategy, above.Strategy), Is.EqualTo((AllReduceStrategy.OneShot, AllReduceStrategy.Separate)));
        Assert.That(below.Reason, Does.StartWith("on the CPU"));
        Assert.That(above.Reason, Does.StartWith(
            "its 1,152 bytes are more than the configuration's limit of 0.0009765625 MiB for 2 ranks; without the limit one-shot: on the CPU"));
        Assert.That(above.Tokens, Is.EqualTo(9));
    }

    [Test]
    public void MoreTokensThanThereAreMemoryForIsARefusal()
    {
        using var group = RankGroup.OnCpu(2);
        var config = new FusionPassConfig { MaxSizeMb = FusionPassConfig.Default.MaxSizeMb.Add(2, 0) };
        using var compiled = Layers.Build(1, QuantizationKind.None).Compile(group, new() { Passes = config, MaxTokens = 16 });
        var plan = compiled.PlanOf(Op, 17);
        Assert.That(plan.IsRefused);
        Assert.That(plan.Reason, Does.StartWith("17 tokens are more than the operation's 16"));
    }
}
