namespace Fusion.Runtime.Tests.Calls;

public sealed class OptionsOfAnOperation
{
    private static readonly AllReduceOptions Right = new() { HiddenSize = 4096, MaxTokens = 128 };

    private static IEnumerable<TestCaseData> Wrong =>
    [
        new(Right with { HiddenSize = 4100 }, 4, "HiddenSize", "4100"),
        new(Right with { MaxTokens = 0 }, 4, "MaxTokens", "0"),
        new(Right with { DataType = ElementType.Float8UE8M0 }, 4, "DataType", "ue8m0"),
        new(Right, 9, "WorldSize", "9"),
        new(Right with { Timeout = TimeSpan.Zero }, 4, "Timeout", "00:00:00"),
        new(Right with { Timeout = TimeSpan.FromSeconds(-1) }, 4, "Timeout", "-00:00:01"),
        new(Right with { StartsNextEarlyTokens = -1 }, 4, "StartsNextEarlyTokens", "-1"),
    ];

    [TestCaseSource(nameof(Wrong))]
    public void ThatMakeNoSenseAreRefused(AllReduceOptions options, int ranks, string parameter, string value) => Assert.That(
        () => OptionsValidation.Check(options, GroupTopology.Loopback, new(9, 0), ranks),
        Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo(parameter)
            .And.Message.Contains($"{parameter} of the all-reduce is {value}; allowed is "));

    [Test]
    public void ThatMakeSenseBecomeTheRequestOfItsPlans()
    {
        var policy = AllReducePolicy.WithLimits(1);
        var kernels = AllReduceKernels.Of();
        var request = OptionsValidation.Check(Right with { Policy = policy, Kernels = kernels }, GroupTopology.Gpus, new(10, 0), 3);
        Assert.That(request, Is.EqualTo(Requests.Of(100, 3, 128, 4096, 128) with { Policy = policy, Kernels = kernels }));
    }

    [Test]
    public void ARefusedPlanIsAnExceptionWithItsReason()
    {
        var plan = AllReduceDispatcher.Plan(Requests.Of(tokens: 0));
        Assert.That(CallErrors.PlanRefused(plan), Has.Property("ParamName").EqualTo("strategy")
            .And.Message.EqualTo("FUSION3004: The all-reduce is refused: a call of 0 tokens: at least 1 is needed. Nothing was launched."));
    }
}
